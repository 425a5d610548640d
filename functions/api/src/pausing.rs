//! What the routes that pause and resume have in common.

use app::Ports;
use app::base::ports::Workflow;
use app::base::store::Key;
use app::gate::pause::{self, Covered};
use domain::people::access::{ScopeType, scope};
use runtime::http::{Handling, Request, Response};
use wire::base::pages::PageQuery;
use wire::gate::{approvals, pauses};

/// Pauses what is `covered`; `keys` are read with the credential.
pub(crate) fn pause<'a>(
    ports: &'a Ports,
    request: &'a Request,
    covered: Covered,
    keys: Vec<Key>,
) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::ApprovalsDecide>(ports, &keys).await?;
        let reason = approvals::reason(&request.body)?;
        let pause = pause::pause(&call.ports, &call.permit, covered, &reason).await?;
        Ok(Response::json(200, &pauses::paused(&pause)))
    })
}

/// Ends the pause, without what is dropped; with `preview` only says what would go. What waits is shown to whoever may read it.
pub(crate) fn resume<'a, S: ScopeType + Send + Sync + 'a>(
    (ports, workflow): (&'a Ports, &'a dyn Workflow),
    request: &'a Request,
    covered: Covered,
    keys: Vec<Key>,
) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<S>(ports, &keys).await?;
        let release = pauses::release(&request.body)?;
        let reading = call.permit.principal().permit::<scope::MessagesRead>()?;
        if release.preview {
            pause::check_exists(&call.ports, &call.permit, covered).await?;
            let waiting = pause::waiting(&call.ports, &reading, covered, &page).await?;
            return Ok(Response::json(200, &pauses::released(false, &[], &waiting)));
        }
        let resumed =
            pause::resume(&call.ports, workflow, &call.permit, &reading, covered, &release.drop).await?;
        Ok(Response::json(200, &pauses::released(true, &resumed.dropped, &resumed.will_send)))
    })
}
