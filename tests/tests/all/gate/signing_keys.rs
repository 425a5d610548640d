//! Keys that sign, with a phone in software: who may vouch for one, what a link opens, and whose a sender is.

use app::Refusal;
use app::base::store::{Change, key, load};
use app::gate::signing_keys::{Order, Wanted, append, bind_setup, draw_link, propose, unguarded};
use domain::base::code::Code;
use domain::mailbox::account::Provider;
use domain::mailbox::inbox::Inbox;
use domain::people::access::{Permit, Role, scope};
use domain::people::key_links::{KeyLinkSecret, Senders};
use domain::people::key_log::{By, DELAY, Deed, Entry, NewKey, Scope, code};
use domain::people::passkey::{Offer, Passkey, Passkeys};
use domain::people::setup::{Setup, SetupSecret};
use domain::people::signing::{Algorithm, Assertion, SignedVotes};
use domain::{MemberId, OrganizationId, PasskeyId};
use testkit::samples;
use testkit::world::World;

use crate::authenticator::Phone;

const SITE: &str = "https://console.example.com";

fn org(n: u8) -> OrganizationId {
    samples::organization_id(n)
}

fn nothing() -> Assertion {
    Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] }
}

fn reader() -> Permit<scope::ApprovalsRead> {
    let (session, _) = samples::session(1, Role::Owner);
    session.principal(samples::NOW).unwrap().permit().unwrap()
}

/// An installation in which member 1 of organization 1 has the first key.
struct House {
    world: World,
    owner: Phone,
}

impl House {
    async fn new() -> Self {
        let world = World::default();
        let change = Change::new(org(1))
            .create(samples::organization(1))
            .create(samples::inbox(1))
            .create(samples::member(1, Role::Owner))
            .create(samples::member(2, Role::Approver));
        world.ports.store.commit(change).await.unwrap();
        let house = Self { world, owner: Phone::new(1, SITE) };
        let (_, secret) = draw_link(&house.world.ports, &*house.world.key_logs, org(1)).await.unwrap();
        house.begin(org(1), secret).await.unwrap();
        house
    }

    /// Begins a log by a link, with the owner's phone.
    async fn begin(&self, organization_id: OrganizationId, link: KeyLinkSecret) -> Result<(), Code> {
        let member_id = samples::member(1, Role::Owner).id;
        self.register(organization_id, (member_id, &mut Phone::new(1, SITE)), link).await
    }

    async fn register(
        &self,
        organization_id: OrganizationId,
        (member_id, phone): (MemberId, &mut Phone),
        link: KeyLinkSecret,
    ) -> Result<(), Code> {
        let log = app::base::ports::KeyLogs::read(&*self.world.key_logs, organization_id).await.unwrap().log;
        let now = self.world.ports.now();
        let from = if log.entries().is_empty() { now } else { now + DELAY };
        let new = NewKey { from, ..phone.new_key(member_id, now) };
        let said = phone.sign(&new.offer(organization_id));
        let entry = log.next(now, Deed::Register(new, said), By::Link(link.hash()));
        self.append(entry, Some(link)).await
    }

    async fn append(&self, entry: Entry, link: Option<KeyLinkSecret>) -> Result<(), Code> {
        let (ports, logs) = (&self.world.ports, &*self.world.key_logs);
        let written = append(ports, logs, &*self.world.store, SITE, Order { entry, link }).await;
        written.map(drop).map_err(|refusal| refusal.code())
    }

    /// Has the owner's phone vouch for what is wanted.
    async fn wants(&mut self, wanted: Wanted) -> Result<Entry, Refusal> {
        let by = By::Key(self.owner.key_id(), nothing());
        let entry = propose(&self.world.ports, &*self.world.key_logs, &reader(), wanted, by).await?;
        let text = entry.signed_text();
        Ok(Entry { by: By::Key(self.owner.key_id(), self.owner.sign(&text)), ..entry })
    }

    async fn demand(&mut self, votes: u8) -> Result<(), Code> {
        let asked = SignedVotes { votes, device_bound: false };
        let entry = self.wants(Wanted::Deed(Deed::Demand(Scope::Organization, asked))).await.unwrap();
        self.append(entry, None).await
    }

    async fn senders(&self) -> Senders {
        let stored = app::base::ports::KeyLogs::senders(&*self.world.key_logs).await.unwrap();
        Senders::clone(&stored.senders)
    }

    /// What lies in the table of the passkey that member 2 offers.
    async fn offers(&self, key: &NewKey, said: Assertion, id: &[u8]) {
        let offer = Offer {
            at: key.offered,
            algorithm: Algorithm::Es256,
            public_key: key.public_key.clone(),
            site: SITE.to_owned(),
            assertion: said,
        };
        let passkey = Passkey {
            id: PasskeyId::new(samples::NOW, [2; 10]),
            name: "Phone".to_owned(),
            credential_id: id.to_vec(),
            credential: String::new(),
            created_at: samples::NOW,
            last_used_at: None,
            synced: false,
            sign_count: 0,
            offer: Some(offer),
        };
        let stored = load(&*self.world.ports.store, org(1), key::Passkeys(key.member_id)).await.unwrap();
        let change = match stored {
            Some(before) => Change::new(org(1)).update(Passkeys { keys: vec![passkey], ..before }),
            None => Change::new(org(1)).create(Passkeys {
                organization_id: org(1),
                member_id: key.member_id,
                keys: vec![passkey],
                version: 0,
            }),
        };
        self.world.ports.store.commit(change).await.unwrap();
    }
}

/// Whoever writes the table puts their own public key, and what that signed, in the place of what somebody offered.
#[tokio::test]
async fn a_key_in_the_place_of_an_offered_one_has_another_code_and_signs_nothing() {
    let mut house = House::new().await;
    let (mut real, mut thief) = (Phone::new(2, SITE), Phone::new(9, SITE));
    let member_id = samples::member(2, Role::Approver).id;
    let new = real.new_key(member_id, house.world.ports.now());
    let said = real.sign(&new.offer(org(1)));
    let told = code(&said);
    let swapped = NewKey { public_key: thief.new_key(member_id, new.offered).public_key, ..new.clone() };
    let forged = thief.sign(&swapped.offer(org(1)));
    assert!(
        signatures::check(&swapped, &swapped.offer(org(1)), &forged).is_ok(),
        "nothing else would notice"
    );
    house.offers(&swapped, forged, &[2; 20]).await;
    let wanted = |code: &str| Wanted::Register {
        member_id,
        key: new.id,
        code: code.to_owned(),
        decides: true,
        manages: false,
    };
    for code in [told.as_str(), "", "0000 0000 0000 0000"] {
        let refused = house.wants(wanted(code)).await.unwrap_err();
        assert_eq!(refused.code(), Code::KeyNotOffered);
    }
    // With what the real key answered beside the public key of another.
    house.offers(&swapped, said.clone(), &[2; 20]).await;
    let entry = house.wants(wanted(&told)).await.unwrap();
    assert_eq!(house.append(entry, None).await, Err(Code::SignatureRefused));
    house.offers(&new, said, &[2; 20]).await;
    let entry = house.wants(wanted(&told.to_uppercase().replace(' ', ""))).await.unwrap();
    let other =
        Entry { by: By::Key(house.owner.key_id(), thief.sign(&entry.signed_text())), ..entry.clone() };
    assert_eq!(house.append(other, None).await, Err(Code::SignatureRefused));
    let stale = entry.clone();
    house.append(entry, None).await.unwrap();
    assert_eq!(house.append(stale, None).await, Err(Code::KeyLogChanged), "once is enough");
}

/// Somebody's next key offers itself on the page on which their other key vouches for it.
#[tokio::test]
async fn ones_next_key_and_the_one_before_sign_the_same_entry() {
    let mut house = House::new().await;
    let member_id = samples::member(1, Role::Owner).id;
    let (mut next, thief) = (Phone::new(4, SITE), Phone::new(9, SITE));
    let wanted = NewKey { manages: false, ..next.new_key(member_id, house.world.ports.now()) };
    // What the table says of the key that the browser asked: it is another's.
    let swapped =
        NewKey { public_key: thief.new_key(member_id, wanted.offered).public_key, ..wanted.clone() };
    for (asked, is_own) in [(swapped, false), (wanted, true)] {
        let entry = house.wants(Wanted::Own(asked)).await.unwrap();
        let Deed::Register(new, _) = entry.deed.clone() else { panic!("{entry:?}") };
        let said = next.sign(&new.offer(org(1)));
        let entry = Entry { deed: Deed::Register(new, said), ..entry };
        let expected = if is_own { Ok(()) } else { Err(Code::SignatureRefused) };
        assert_eq!(house.append(entry, None).await, expected);
    }
}

#[tokio::test]
async fn a_key_of_another_site_is_not_registered() {
    let house = House::new().await;
    let (_, link) = draw_link(&house.world.ports, &*house.world.key_logs, org(1)).await.unwrap();
    let member_id = samples::member(2, Role::Approver).id;
    let mut elsewhere = Phone::new(3, "https://evil.test");
    let refused = house.register(org(1), (member_id, &mut elsewhere), link.clone()).await;
    assert_eq!(refused, Err(Code::SignatureRefused));
    // The link is still good.
    house.register(org(1), (member_id, &mut Phone::new(3, SITE)), link.clone()).await.unwrap();
    let again = house.register(org(1), (member_id, &mut Phone::new(4, SITE)), link).await;
    assert_eq!(again, Err(Code::KeyLinkClosed));
}

#[tokio::test]
async fn a_link_opens_the_log_of_its_own_organization_and_no_other() {
    let house = House::new().await;
    let secret = SetupSecret::new([5; 32]);
    let setup = Setup::new(&secret, house.world.ports.now());
    bind_setup(&*house.world.key_logs, &setup).await.unwrap();
    let link = KeyLinkSecret::parse(&secret.reveal()).unwrap();
    for other in [org(1), org(2)] {
        let member_id = samples::member(2, Role::Approver).id;
        let refused = house.register(other, (member_id, &mut Phone::new(3, SITE)), link.clone()).await;
        assert_eq!(refused, Err(Code::KeyLinkClosed));
    }
    let invented = KeyLinkSecret::new([6; 32]);
    assert_eq!(house.begin(org(3), invented).await, Err(Code::KeyLinkClosed));
    house.begin(setup.organization_id(), link).await.unwrap();
    house.world.pass(2 * 86_400);
    let (_, late) = draw_link(&house.world.ports, &*house.world.key_logs, org(1)).await.unwrap();
    house.world.pass(86_400);
    let member_id = samples::member(2, Role::Approver).id;
    let refused = house.register(org(1), (member_id, &mut Phone::new(4, SITE)), late).await;
    assert_eq!(refused, Err(Code::KeyLinkClosed), "it held for a day");
}

#[tokio::test]
async fn what_is_demanded_of_all_mail_takes_the_addresses_that_it_comes_from() {
    let mut house = House::new().await;
    house.demand(1).await.unwrap();
    let own = samples::inbox(1).address;
    assert_eq!(house.senders().await.of(own.as_str()), Some(org(1)));
    let (ports, logs) = (house.world.ports.clone(), std::sync::Arc::clone(&house.world.key_logs));
    assert_eq!(unguarded(&ports, &*logs, &reader()).await.unwrap(), Vec::<String>::new());
    // Nobody here knows whose the address of a connected account is: whoever connects another's takes it from nobody.
    let foreign = Inbox { provider: Some(Provider::Resend), ..samples::inbox(3) };
    ports.store.commit(Change::new(org(1)).create(foreign)).await.unwrap();
    house.demand(1).await.unwrap();
    assert_eq!(house.senders().await.of(samples::inbox(3).address.as_str()), None);
    // An inbox that comes later is not guarded before the same is demanded again.
    let change = Change::new(org(1)).create(samples::inbox(2));
    ports.store.commit(change).await.unwrap();
    let later = samples::inbox(2).address.as_str().to_owned();
    assert_eq!(unguarded(&ports, &*logs, &reader()).await.unwrap(), [later.as_str()]);
    house.demand(1).await.unwrap();
    assert_eq!(unguarded(&ports, &*logs, &reader()).await.unwrap(), Vec::<String>::new());
    assert_eq!(house.senders().await.others(&own, org(2), "mail.example.com"), [org(1)]);
    house.demand(0).await.unwrap();
    house.world.pass(DELAY.as_secs() + 1);
    let log = app::base::ports::KeyLogs::read(&*logs, org(1)).await.unwrap().log;
    assert_eq!(log.floor(&own, ports.now()), SignedVotes::NONE);
}
