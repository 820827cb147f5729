//! Models that can be had: the catalogue, the hub, downloads, and every request that was made.

use bimo_desk::wire::{
    CatalogueEntry, Downloads, FoundModel, HubAccess, ModelOffer, NetworkRequest,
};
use tauri::State;
use tauri::ipc::Channel;

use super::{Answer, ask, tell};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn catalogue(desk: State<'_, Opening>) -> Answer<Vec<CatalogueEntry>> {
    ask(desk, |desk| async move { Ok(desk.catalogue()) }).await
}

#[tauri::command]
#[specta::specta]
pub async fn search_models(desk: State<'_, Opening>, words: String) -> Answer<Vec<FoundModel>> {
    ask(desk, |desk| async move { desk.search_models(words).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn offer_model(desk: State<'_, Opening>, name: String) -> Answer<ModelOffer> {
    ask(desk, |desk| async move { desk.offer_model(name).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn watch_downloads(desk: State<'_, Opening>, channel: Channel<Downloads>) -> Answer<()> {
    ask(desk, |desk| async move { desk.watch_downloads(tell(channel)).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn download_model(desk: State<'_, Opening>, address: String, pickle: bool) -> Answer<()> {
    ask(desk, move |desk| async move { desk.download_model(address, pickle).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn pause_download(desk: State<'_, Opening>, address: String) -> Answer<()> {
    desk.desk().await?.pause_download(address).await;
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn move_download(desk: State<'_, Opening>, address: String, position: u32) -> Answer<()> {
    ask(desk, move |desk| async move { desk.move_download(address, position).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn cancel_download(
    desk: State<'_, Opening>,
    address: String,
    delete_part: bool,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.cancel_download(address, delete_part).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn hub_access(desk: State<'_, Opening>) -> Answer<HubAccess> {
    ask(desk, |desk| async move { desk.hub_access() }).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_hub(desk: State<'_, Opening>, mirror: String, proxy: String) -> Answer<HubAccess> {
    ask(desk, |desk| async move { desk.set_hub(mirror, proxy).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_hub_token(
    desk: State<'_, Opening>,
    token: String,
    keep: bool,
) -> Answer<HubAccess> {
    ask(desk, move |desk| async move { desk.set_hub_token(token, keep).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn network_requests(desk: State<'_, Opening>) -> Answer<Vec<NetworkRequest>> {
    ask(desk, |desk| async move { desk.network_requests().await }).await
}
