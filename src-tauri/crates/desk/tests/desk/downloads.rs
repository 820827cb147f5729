//! Downloads: a queue that survives pauses, restarts, failures and a change of mind.

use std::time::{Duration, Instant};

use bimo_desk::wire::{Download, DownloadState, Downloads, ModelState, ModelTask, ShelvedFrom};
use bimo_desk::{Desk, DeskOptions, Models};
use bimo_engine::scripted::ScriptedGenerator;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::Place;
use crate::server::{LocalHub, Misdeed};
use crate::shelf::{own, settled, tiny_llama, writes};

const REPO: &str = "tiny/llama";
const FIRST: &str = "tiny/llama:tiny-Q8_0.gguf";
const SECOND: &str = "tiny/llama:tiny-Q4_0.gguf";

/// A hub with one repository of two quantisations, which are the same tiny model.
async fn hub() -> (LocalHub, Vec<u8>) {
    let bytes = std::fs::read(tiny_llama()).expect("the fixture");
    let files: &[(&str, &[u8], bool)] =
        &[("tiny-Q8_0.gguf", &bytes, true), ("tiny-Q4_0.gguf", &bytes, true)];
    (LocalHub::start(REPO, files).await, bytes)
}

async fn desk(place: &Place, hub: &LocalHub) -> Desk {
    place.closed().await;
    let models = Models::of_this_computer(Some(place.models()), Some(hub.base()));
    let options = place.options(ScriptedGenerator::writing([" The end."]));
    Desk::open(DeskOptions { models: models.expect("models"), ..options }).await.expect("it opens")
}

/// What is told of the downloads.
struct Told(UnboundedReceiver<Downloads>);

impl Told {
    async fn by(desk: &Desk) -> Self {
        let (tell, told) = unbounded_channel();
        desk.watch_downloads(move |downloads| drop(tell.send(downloads))).await.expect("watched");
        Self(told)
    }

    /// Waits until a download is as it should be.
    async fn until(&mut self, address: &str, is_so: impl Fn(&Download) -> bool) -> Downloads {
        self.until_all(|told| told.list.iter().any(|one| one.address == address && is_so(one)))
            .await
    }

    /// Waits until a part of it has come, and no more comes.
    async fn until_stalled(&mut self, address: &str) -> Downloads {
        let told = self.until(address, |one| one.bytes > 0.0).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        told
    }

    async fn until_all(&mut self, is_so: impl Fn(&Downloads) -> bool) -> Downloads {
        let mut last = None;
        let waiting = async {
            loop {
                let told = self.0.recv().await.expect("it goes on");
                if is_so(&told) {
                    return told;
                }
                last = Some(told);
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        waited.unwrap_or_else(|_| panic!("it is never so: {last:#?}"))
    }
}

fn is(state: DownloadState) -> impl Fn(&Download) -> bool {
    move |download| download.state == state
}

async fn get(desk: &Desk, address: &str) {
    desk.download_model(address.into(), false).await.expect("it is queued");
}

#[tokio::test]
async fn a_model_comes_stands_on_the_shelf_and_writes_with_one_click() {
    let (place, (hub, bytes)) = (Place::new(), hub().await);
    let desk = desk(&place, &hub).await;
    hub.next([Misdeed::Slow]);
    let mut told = Told::by(&desk).await;
    let began = Instant::now();
    get(&desk, FIRST).await;
    let mut times = Vec::new();
    let done = loop {
        let downloads = told.0.recv().await.expect("it goes on");
        times.push(began.elapsed());
        match downloads.list.first() {
            Some(one) if one.state == DownloadState::Done => break downloads,
            Some(one) => assert_eq!(one.problem, None),
            None => {}
        }
    };
    // Ten a second, and the one at the beginning.
    let most = times.last().expect("the last").as_millis() / 100 + 2;
    assert!(times.len() as u128 <= most, "{times:?}");
    assert_eq!((done.finished, done.requests as usize), (1, hub.seen().len()));
    let item = &done.list[0];
    assert_eq!((item.bytes, item.total_bytes), (bytes.len() as f64, bytes.len() as f64));

    let shelf = desk.models().await.expect("the shelf").models;
    let [fetched] = own(&shelf)[..] else { panic!("{shelf:?}") };
    assert_eq!((fetched.from, &fetched.path), (ShelvedFrom::Fetched, &item.path));
    desk.use_model(ModelTask::Story, item.path.clone()).await.expect("it is chosen");
    assert_eq!(settled(&desk).await.state, ModelState::Ready);
    assert!(writes(own(&desk.models().await.expect("the shelf").models)[0]));
    let state = desk.desk_state().await.expect("the desk");
    assert_eq!(state.network_requests, done.requests);
    assert_eq!(desk.network_requests().await.expect("a list").len(), hub.seen().len());
}

#[tokio::test]
async fn a_pause_and_a_restart_cost_nothing_that_had_come() {
    let (place, (hub, bytes)) = (Place::new(), hub().await);
    let first = desk(&place, &hub).await;
    hub.next([Misdeed::Stall(10_000)]);
    let mut told = Told::by(&first).await;
    get(&first, FIRST).await;
    told.until_stalled(FIRST).await;
    first.pause_download(FIRST.into()).await;
    told.until(FIRST, is(DownloadState::Paused)).await;
    first.close().await.expect("it closes");
    drop((first, told));

    let second = desk(&place, &hub).await;
    let asked = hub.seen().len();
    let mut told = Told::by(&second).await;
    let rests = told.until(FIRST, is(DownloadState::Paused)).await;
    assert_eq!((rests.list[0].bytes, rests.list[0].total_bytes), (10_000.0, bytes.len() as f64));
    assert_eq!(hub.seen().len(), asked, "nothing is asked before the person says so");
    get(&second, FIRST).await;
    told.until(FIRST, is(DownloadState::Done)).await;
    let seen = hub.seen_of_files();
    assert_eq!(seen.last().expect("a request").header("range"), Some("bytes=10000-"));
    assert_eq!(hub.seen().len(), asked + 1, "the files are known from before");
}

#[tokio::test]
async fn one_that_has_not_begun_is_still_listed_after_a_restart() {
    let (place, (hub, _)) = (Place::new(), hub().await);
    let first = desk(&place, &hub).await;
    hub.next([Misdeed::Stall(10_000)]);
    let mut told = Told::by(&first).await;
    get(&first, FIRST).await;
    get(&first, SECOND).await;
    told.until(FIRST, |one| one.bytes > 0.0).await;
    first.close().await.expect("it closes");
    drop((first, told));

    let second = desk(&place, &hub).await;
    let mut told = Told::by(&second).await;
    let list = told.until(SECOND, is(DownloadState::Paused)).await.list;
    let names: Vec<_> = list.iter().map(|one| one.address.as_str()).collect();
    assert_eq!(names, [FIRST, SECOND]);
}

#[tokio::test]
async fn they_are_done_one_after_another_and_the_part_of_a_cancelled_one_is_deleted() {
    let (place, (hub, bytes)) = (Place::new(), hub().await);
    let desk = desk(&place, &hub).await;
    hub.next([Misdeed::Stall(10_000)]);
    let mut told = Told::by(&desk).await;
    get(&desk, FIRST).await;
    get(&desk, SECOND).await;
    let refused = desk.download_model(SECOND.into(), false).await.expect_err("it waits already");
    assert_eq!(refused.code, "model_queued");
    let both = told.until_stalled(FIRST).await.list;
    assert_eq!(both[1].state, DownloadState::Waiting);
    assert_eq!(hub.seen_of_files().len(), 1);
    desk.move_download(SECOND.into(), 0).await.expect("it is moved");
    told.until_all(|told| told.list[0].address == SECOND).await;

    desk.cancel_download(FIRST.into(), true).await.expect("it is deleted");
    let last = told.until(SECOND, is(DownloadState::Done)).await;
    assert_eq!(last.list.len(), 1);
    assert_eq!(last.list[0].bytes, bytes.len() as f64);
    let folders = std::fs::read_dir(place.models().join("tiny--llama")).expect("its folder");
    assert_eq!(folders.count(), 1, "nothing is left of the first");
}

#[tokio::test]
async fn a_failure_is_said_and_the_next_one_is_done() {
    let (place, (hub, _)) = (Place::new(), hub().await);
    let desk = desk(&place, &hub).await;
    hub.next([Misdeed::Status(403, "X-Error-Code: GatedRepo\r\n", "no")]);
    let mut told = Told::by(&desk).await;
    get(&desk, FIRST).await;
    get(&desk, SECOND).await;
    let done = told.until(SECOND, is(DownloadState::Done)).await;
    let problem = done.list[0].problem.as_ref().expect("what is wrong");
    assert_eq!((done.list[0].state, problem.code.as_str()), (DownloadState::Failed, "model_gated"));
    let unknown = desk.download_model("not a name".into(), false).await.expect_err("no name");
    assert_eq!(unknown.code, "invalid_address");
    get(&desk, "nobody/nothing").await;
    let gone = told.until("nobody/nothing", is(DownloadState::Failed)).await;
    assert_eq!(gone.list[2].problem.as_ref().expect("why").code, "model_not_found");
}

#[tokio::test]
async fn what_a_repository_has_is_shown_with_sizes_before_anything_is_fetched() {
    let (place, (hub, bytes)) = (Place::new(), hub().await);
    let desk = desk(&place, &hub).await;
    assert!(!desk.catalogue().is_empty());
    assert!(hub.seen().is_empty(), "the catalogue asks nobody");
    let found = desk.search_models("tiny".into()).await.expect("a list");
    assert_eq!((found[0].address.as_str(), found[0].task), (REPO, Some(ModelTask::Story)));
    let offer = desk.offer_model(REPO.into()).await.expect("an offer");
    let names: Vec<_> = offer.models.iter().map(|model| model.address.as_str()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&FIRST) && names.contains(&SECOND), "{names:?}");
    for model in &offer.models {
        assert_eq!(model.bytes, bytes.len() as f64);
        assert!(model.fit.fits && model.fits_on_disk && !model.here && !model.pickle);
        assert!(model.fit.need_bytes > model.bytes);
    }
    assert!(offer.runs);
    assert_eq!(offer.architecture.as_deref(), Some("llama"));
    assert!(hub.seen_of_files().is_empty());
    let page = format!("{}/{REPO}/tree/main", hub.base());
    let same = desk.offer_model(page).await.expect("the same");
    // The memory that is free is another by now.
    let again: Vec<_> = same.models.iter().map(|model| model.address.as_str()).collect();
    assert_eq!(again, names);
}
