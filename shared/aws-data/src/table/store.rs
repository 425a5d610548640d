//! Records of one organization.

use app::base::store::{
    Change, Conflict, DirectoryWrite, Expect, Key, List, ListError, Page, PageRequest, Record, Store,
    StoreError, Write,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use domain::gate::seal::Ticket;
use domain::ledger::audit::Entry;
use domain::mailbox::domains::Family;
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::message::Message;
use domain::{OrganizationId, Timestamp};
use futures_util::future::try_join_all;

use crate::base::item::{Item, OPEN, Place, RECENT, SHARDS, decode, encode, place_of, text};
use crate::delivery::event;
use crate::gate::{contact, policy};
use crate::ledger::audit;
use crate::mailbox::{domains, inbox, message, thread};
use crate::people::{member, openid, organization, passkey, registration, session, setup, token, usage};
use crate::table::lists::{Part, Reading};
use crate::table::{DynamoTable, classify, kinds, lists, retry_contention};

impl DynamoTable {
    fn write(
        &self,
        organization_id: OrganizationId,
        write: Write,
    ) -> Result<(TransactWriteItem, Conflict), StoreError> {
        Ok(match write {
            Write::Put(record, expect) => {
                let conflict = record.key().map_or(Conflict::Directory, Conflict::Record);
                (self.put(kinds::write(organization_id, *record, expect)?, expect)?, conflict)
            }
            Write::Thread(update) => {
                let conflict = Conflict::Record(Key::Thread(update.thread_id));
                (self.update(thread::count_in(organization_id, &update))?, conflict)
            }
            Write::Marks(marks) => {
                let conflict = Conflict::Record(Key::Thread(marks.thread_id));
                (self.update(thread::mark(organization_id, &marks))?, conflict)
            }
            Write::Count { key, by, limit, expires_at } => {
                let conflict = Conflict::Record(Key::Counter(key));
                if limit.is_some_and(|limit| by > limit) {
                    return Err(StoreError::Conflict(vec![conflict]));
                }
                (self.update(contact::count(organization_id, key, by, limit, expires_at))?, conflict)
            }
            Write::Prolong(session) => {
                let conflict = Conflict::Record(Key::Session(session.hash));
                (self.update(session::prolong(organization_id, &session))?, conflict)
            }
            Write::OpenedWith { session, opened_with } => {
                let conflict = Conflict::Record(Key::Session(session));
                (self.update(session::opened_with(organization_id, session, opened_with))?, conflict)
            }
            Write::Proved { session, at } => {
                let conflict = Conflict::Record(Key::Session(session));
                (self.update(session::proved(organization_id, session, at))?, conflict)
            }
            Write::Pause { key, seen, pause } => {
                let update = organization::pause(&kinds::place(organization_id, &key), seen, pause.as_ref())?;
                (self.update(update)?, Conflict::Record(key))
            }
            Write::Amend { key, amendment } => {
                let update = organization::amend(&kinds::place(organization_id, &key), &amendment);
                (self.update(update)?, Conflict::Record(key))
            }
            Write::Rotate { token, seen, rotation, last_four } => {
                let conflict = Conflict::Record(Key::Token(token));
                let place = token::at(organization_id, token);
                (self.update(token::rotate(&place, seen, &rotation, &last_four)?)?, conflict)
            }
            Write::Used { token, at } => {
                let conflict = Conflict::Record(Key::Token(token));
                (self.update(token::used(&token::at(organization_id, token), at))?, conflict)
            }
            Write::Uncount { key, by } => {
                let update = contact::uncount(organization_id, key, by);
                (self.update(update)?, Conflict::Record(Key::Counter(key)))
            }
            Write::Use(one) => {
                let conflict = Conflict::Record(Key::Usage(one.day, one.of, one.part));
                (self.update(usage::add(organization_id, &one))?, conflict)
            }
            Write::Conversation(change) => {
                let conflict = Conflict::Record(Key::Thread(change.thread_id));
                (self.rewrite(organization_id, *change)?, conflict)
            }
            Write::GiveRole { member_id, seen, role } => {
                let update = member::give_role(&member::at(organization_id, member_id), seen, role);
                (self.update(update)?, Conflict::Record(Key::Member(member_id)))
            }
            Write::Regroup { groups, seen } => {
                let update = policy::regroup(&policy::at(organization_id), &groups, seen)?;
                (self.update(update)?, Conflict::Record(Key::Policies))
            }
            Write::EndSessions(member_id, at) => {
                let update = member::end_sessions(&member::at(organization_id, member_id), at);
                (self.update(update)?, Conflict::Record(Key::Member(member_id)))
            }
            Write::HoldsRole(member_id, role) => self.holds_role(organization_id, member_id, role)?,
            Write::Unseat(member_id, seen) => self.unseat(organization_id, member_id, seen)?,
            Write::RemoveVersion(record, version) => self.remove_version(organization_id, record, version)?,
            Write::Unchanged(record, version) => self.unchanged(organization_id, record, Some(version))?,
            Write::Missing(record) => self.unchanged(organization_id, record, None)?,
            Write::Delete(record) => self.delete(organization_id, record, None)?,
            Write::Remove(record) => self.delete(organization_id, record, Some("attribute_exists(pk)"))?,
        })
    }

    /// A page of one partition of the table or of an index, and the cursor behind it.
    async fn list_partition(
        &self,
        organization_id: OrganizationId,
        list: &List,
        reading: &Reading,
        page: &PageRequest,
    ) -> Result<(Vec<Item>, Option<String>), ListError> {
        let names = reading.names();
        let mut query = self
            .query(reading, &reading.partition, i32::from(page.limit))
            .set_consistent_read(reading.index.is_none().then_some(true));
        if let Some(cursor) = &page.cursor {
            let start =
                lists::read_cursor(cursor, organization_id, list, reading).ok_or(ListError::Cursor)?;
            query = query.set_exclusive_start_key(Some(start));
        }
        let answer = query.send().await.map_err(|e| match e.code() {
            // The table refuses a start key that is not of this partition.
            Some("ValidationException") if page.cursor.is_some() => ListError::Cursor,
            _ => ListError::Store(classify(&e)),
        })?;
        let next = answer.last_evaluated_key.as_ref().map(|last| lists::write_cursor(last, reading));
        let mut found = answer.items.unwrap_or_default();
        if reading.index == Some(OPEN) {
            // The index holds keys alone.
            let places: Vec<_> = found.iter().map(place_of).collect();
            let mut items = self.read(&places).await?;
            found = places.iter().filter_map(|place| items.remove(place)).collect();
            // The index follows the table: what it names may have moved on.
            let partition = text(&reading.partition);
            found.retain(|item| item.get(names.0) == Some(&partition));
        }
        Ok((found, next))
    }

    /// A page of labels: the first mark of each. What is behind the last mark of a label is read next, however many it has.
    async fn list_labels(
        &self,
        list: &List,
        reading: &Reading,
        page: &PageRequest,
    ) -> Result<(Vec<Item>, Option<String>), ListError> {
        let mut behind = match &page.cursor {
            None => None,
            Some(cursor) => Some(lists::read_label_cursor(cursor, list, reading).ok_or(ListError::Cursor)?),
        };
        let mut found: Vec<Item> = vec![];
        while found.len() < usize::from(page.limit) {
            let part = behind.as_deref().map_or(Part::Whole, |label| {
                let (low, high) = message::marks_behind(label);
                Part::Between(low, high)
            });
            let rest = Reading { part, partition: reading.partition.clone(), ..*reading };
            let query = self.query(&rest, &rest.partition, 1).consistent_read(true);
            let answer = query.send().await.map_err(|error| classify(&error))?;
            let Some(mark) = answer.items.unwrap_or_default().pop() else { return Ok((found, None)) };
            let Some(label) = message::label_of(&mark) else { break };
            behind = Some(label.to_owned());
            found.push(mark);
        }
        let next = behind.map(|label| lists::write_label_cursor(&label, reading));
        Ok((found, next))
    }

    /// A page of what is recent: the shards are read side by side and merged by their sort keys.
    async fn list_recent(
        &self,
        list: &List,
        reading: &Reading,
        page: &PageRequest,
    ) -> Result<(Vec<Item>, Option<String>), ListError> {
        let behind = match &page.cursor {
            None => None,
            Some(cursor) => Some(lists::read_recent_cursor(cursor, list, reading).ok_or(ListError::Cursor)?),
        };
        let limit = usize::from(page.limit);
        let (low, high) = match &reading.part {
            Part::Between(low, high) => (low.as_str(), high.as_str()),
            // An empty key is refused: this is what sorts before all of them.
            Part::Whole | Part::Prefix(_) => (" ", "~"),
        };
        let high = behind.as_deref().map_or(high, |behind| behind.min(high));
        if high < low {
            return Ok((vec![], None));
        }
        let part = Part::Between(low.to_owned(), high.to_owned());
        let shard = Reading { part, partition: String::new(), ..*reading };
        // Two more than the page: the cursor's own entry is read again, and one more says whether anything follows.
        let queries = (0..SHARDS).map(|number| {
            let query =
                self.query(&shard, &format!("{}/{number}", reading.partition), i32::from(page.limit) + 2);
            async move { query.send().await.map_err(|e| classify(&e)) }
        });
        let order =
            |item: &Item| item.get("recent_at").and_then(|at| at.as_s().ok()).cloned().unwrap_or_default();
        let mut entries: Vec<(String, Place)> = try_join_all(queries)
            .await?
            .into_iter()
            .flat_map(|answer| answer.items.unwrap_or_default())
            .map(|item| (order(&item), place_of(&item)))
            .filter(|(at, _)| behind.as_ref().is_none_or(|behind| at < behind))
            .collect();
        entries.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|(at, _)| lists::write_recent_cursor(at, reading));
        let places: Vec<_> = entries.into_iter().map(|(_, place)| place).collect();
        let mut items = self.read(&places).await?;
        Ok((places.iter().filter_map(|place| items.remove(place)).collect(), next))
    }

    /// A query of a part of a partition.
    fn query(&self, reading: &Reading, partition: &str, limit: i32) -> QueryFluentBuilder {
        let names = reading.names();
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(reading.index.map(str::to_owned))
            .expression_attribute_names("#partition", names.0)
            .expression_attribute_values(":partition", text(partition))
            .scan_index_forward(reading.forward)
            .limit(limit);
        match &reading.part {
            Part::Whole => query.key_condition_expression("#partition = :partition"),
            Part::Between(low, high) => query
                .key_condition_expression("#partition = :partition AND #order BETWEEN :low AND :high")
                .expression_attribute_names("#order", names.1)
                .expression_attribute_values(":low", text(low))
                .expression_attribute_values(":high", text(high)),
            Part::Prefix(prefix) => query
                .key_condition_expression("#partition = :partition AND begins_with(#order, :prefix)")
                .expression_attribute_names("#order", names.1)
                .expression_attribute_values(":prefix", text(prefix)),
        }
    }

    fn write_directory(&self, write: &DirectoryWrite) -> Result<TransactWriteItem, StoreError> {
        match write {
            DirectoryWrite::NewLogin(login) => {
                self.put(encode(&member::login_at(&login.email), login)?, Expect::Absent)
            }
            DirectoryWrite::SamePassword(login) => self.check(member::same_password(login)),
            DirectoryWrite::NewPassword { login, password_hash } => {
                self.update(member::new_password(login, password_hash))
            }
            DirectoryWrite::NewOpenIdAccount(account) => {
                self.put(encode(&openid::account_at(account.hash), account)?, Expect::Absent)
            }
            DirectoryWrite::EndOpenIdAccount(hash, member_id) => {
                let delete = openid::end_account(*hash, *member_id).table_name(&self.table).build();
                let delete = delete.map_err(|e| StoreError::Permanent(e.to_string()))?;
                Ok(TransactWriteItem::builder().delete(delete).build())
            }
            DirectoryWrite::EndLogin(email, member_id) => self.end_login(email, *member_id),
            DirectoryWrite::ForgetRegistrations(of, window) => {
                self.update(registration::count(*of, *window, true))
            }
            DirectoryWrite::UseSetup { hash, at } => self.update(setup::use_up(*hash, *at)),
            DirectoryWrite::EndCeremony(hash) => self.remove(passkey::end_ceremony(*hash)),
            DirectoryWrite::ForgetAttempts(email, window) => {
                self.update(session::forget_attempts(email, *window))
            }
            DirectoryWrite::Family(family) => {
                let written = Family { version: family.version + 1, ..family.clone() };
                let expect =
                    if family.version == 0 { Expect::Absent } else { Expect::Version(family.version) };
                self.put(encode(&domains::family_at(&family.look), &written)?, expect)
            }
            DirectoryWrite::Claim(name, claimed) => self.update(domains::claim(name, *claimed)),
            DirectoryWrite::RetireAddress(entry) => self.update(inbox::retire(entry)),
            DirectoryWrite::NewAddress(entry) => {
                self.put(encode(&inbox::address_at(&entry.address), entry)?, Expect::Absent)
            }
        }
    }
}

#[async_trait]
impl Store for DynamoTable {
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let places: Vec<_> = keys.iter().map(|key| kinds::place(organization_id, key)).collect();
        let found = self.read(&places).await?;
        places.iter().map(|place| found.get(place).cloned().map(kinds::read).transpose()).collect()
    }

    async fn list(
        &self,
        organization_id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError> {
        let reading = lists::reading(organization_id, list);
        if matches!(&reading.part, Part::Between(low, high) if high < low) {
            // The table would refuse to look between them.
            return Ok(Page { items: vec![], next: None });
        }
        let (found, next) = match reading.index {
            Some(RECENT) => self.list_recent(list, &reading, page).await?,
            None if matches!(list, List::Labels(_)) => self.list_labels(list, &reading, page).await?,
            _ => self.list_partition(organization_id, list, &reading, page).await?,
        };
        // One record that can't be read must not hide the others of its page.
        let read = |item: Item| match kinds::read(item) {
            Ok(record) => Some(record),
            Err(error) => {
                tracing::error!(%error, "a record of a list can't be read");
                None
            }
        };
        Ok(Page { items: found.into_iter().filter_map(read).collect(), next })
    }

    fn cursor(&self, organization_id: OrganizationId, list: &List, record: &Record) -> Option<String> {
        let reading = lists::reading(organization_id, list);
        let item = kinds::write(organization_id, record.clone(), Expect::Anything).ok()?;
        match reading.index {
            Some(RECENT) => {
                let order = item.get("recent_at")?.as_s().ok()?;
                Some(lists::write_recent_cursor(order, &reading))
            }
            None if matches!(list, List::Labels(_)) => {
                Some(lists::write_label_cursor(message::label_of(&item)?, &reading))
            }
            _ => Some(lists::write_cursor(&item, &reading)),
        }
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        let change = change.with_sequences();
        let (organization_id, is_one_entry) = (change.organization_id, change.is_one_entry());
        let (mut writes, mut conflicts) = (vec![], vec![]);
        for write in change.writes {
            let (write, conflict) = self.write(organization_id, write)?;
            writes.push(write);
            conflicts.push(conflict);
        }
        for write in &change.directory {
            writes.push(self.write_directory(write)?);
            conflicts.push(Conflict::Directory);
        }
        for entry in &change.audit {
            let entry = Entry::from(entry);
            let stored = encode(&audit::at(organization_id, entry.id), &entry)?;
            // Written once: a commit that is repeated must not make an entry new that has its place in the chain.
            writes.push(self.put(stored, Expect::Absent)?);
            conflicts.push(Conflict::Directory);
        }
        for event in &change.events {
            let stored = encode(&event::at(organization_id, event.id), event)?;
            writes.push(self.put(stored, Expect::Anything)?);
            conflicts.push(Conflict::Directory);
        }
        if writes.is_empty() {
            return Ok(());
        }
        match self.transact(writes, &conflicts).await {
            // A transaction carries a token, so that the SDK may repeat it; a put of one item does not.
            Err(StoreError::Conflict(_)) if is_one_entry => Ok(()),
            written => written,
        }
    }

    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        let request = self.client.update_item().table_name(&self.table);
        let request = message::claim(request, ticket, nonce, now)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_values(ReturnValue::AllNew);
        match retry_contention(|| request.clone().send()).await {
            Ok(answer) => answer.attributes.map(decode::<Message>).transpose(),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let found = refused.item.clone().map(decode::<Message>).transpose()?;
                    Ok(found.filter(|message| message::is_claimed_by(message, nonce)))
                }
                _ => Err(classify(&error)),
            },
        }
    }
}
