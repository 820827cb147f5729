//! The bin: what was thrown away, until it comes back or goes for good.

use sqlx::sqlite::SqliteConnection;

use crate::chapter::{live_chapters, number_chapters};
use crate::work::{live_works, number_works, touch};
use crate::{ChapterId, LibraryItem, Store, StoreError, WorkId};

impl Store {
    /// Throws a work or a chapter away; it can come back.
    pub async fn move_to_bin(&self, item: LibraryItem, now_ms: i64) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        match item {
            LibraryItem::Work(work) => bin_work(&mut change, work, now_ms).await?,
            LibraryItem::Chapter(chapter) => bin_chapter(&mut change, chapter, now_ms).await?,
        }
        Ok(change.commit().await?)
    }

    /// Takes something out of the bin, to the place where it was or the nearest to it. A chapter whose work is in the
    /// bin too brings the work back with it.
    pub async fn restore(&self, item: LibraryItem, now_ms: i64) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        match item {
            LibraryItem::Work(work) => restore_work(&mut change, work, now_ms).await?,
            LibraryItem::Chapter(chapter) => restore_chapter(&mut change, chapter, now_ms).await?,
        }
        Ok(change.commit().await?)
    }

    /// Removes something for good, with its revisions. Only what is in the bin can be removed. The history keeps what
    /// models wrote there.
    pub async fn delete_forever(&self, item: LibraryItem) -> Result<(), StoreError> {
        let removal = match item {
            LibraryItem::Work(_) => "DELETE FROM work WHERE id = ? AND binned_at IS NOT NULL",
            LibraryItem::Chapter(_) => "DELETE FROM chapter WHERE id = ? AND binned_at IS NOT NULL",
        };
        let id = match item {
            LibraryItem::Work(WorkId(id)) | LibraryItem::Chapter(ChapterId(id)) => id,
        };
        let removed = sqlx::query(removal).bind(id).execute(&self.writer).await?;
        if removed.rows_affected() == 0 { Err(missing(item)) } else { Ok(()) }
    }
}

async fn bin_work(
    connection: &mut SqliteConnection,
    work: WorkId,
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut order = live_works(connection).await?;
    take(&mut order, work).ok_or(missing(LibraryItem::Work(work)))?;
    sqlx::query("UPDATE work SET binned_at = ?1, updated_at = ?1 WHERE id = ?2")
        .bind(now_ms)
        .bind(work)
        .execute(&mut *connection)
        .await?;
    number_works(connection, &order).await
}

async fn bin_chapter(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    now_ms: i64,
) -> Result<(), StoreError> {
    let work: Option<WorkId> = sqlx::query_scalar("SELECT work FROM chapter WHERE id = ?")
        .bind(chapter)
        .fetch_optional(&mut *connection)
        .await?;
    let work = work.ok_or(missing(LibraryItem::Chapter(chapter)))?;
    let mut order = live_chapters(connection, work).await?;
    take(&mut order, chapter).ok_or(missing(LibraryItem::Chapter(chapter)))?;
    sqlx::query("UPDATE chapter SET binned_at = ?1, updated_at = ?1 WHERE id = ?2")
        .bind(now_ms)
        .bind(chapter)
        .execute(&mut *connection)
        .await?;
    number_chapters(connection, &order).await
}

async fn restore_work(
    connection: &mut SqliteConnection,
    work: WorkId,
    now_ms: i64,
) -> Result<(), StoreError> {
    let place: Option<u32> =
        sqlx::query_scalar("SELECT position FROM work WHERE id = ? AND binned_at IS NOT NULL")
            .bind(work)
            .fetch_optional(&mut *connection)
            .await?;
    let place = place.ok_or(missing(LibraryItem::Work(work)))?;
    let mut order = live_works(connection).await?;
    order.insert(order.len().min(place as usize), work);
    sqlx::query("UPDATE work SET binned_at = NULL, updated_at = ? WHERE id = ?")
        .bind(now_ms)
        .bind(work)
        .execute(&mut *connection)
        .await?;
    number_works(connection, &order).await
}

async fn restore_chapter(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    now_ms: i64,
) -> Result<(), StoreError> {
    let place: Option<(WorkId, u32, bool)> = sqlx::query_as(
        "SELECT work, chapter.position, work.binned_at IS NOT NULL
         FROM chapter JOIN work ON work.id = chapter.work
         WHERE chapter.id = ? AND chapter.binned_at IS NOT NULL",
    )
    .bind(chapter)
    .fetch_optional(&mut *connection)
    .await?;
    let (work, place, work_in_bin) = place.ok_or(missing(LibraryItem::Chapter(chapter)))?;
    if work_in_bin {
        restore_work(connection, work, now_ms).await?;
    }
    let mut order = live_chapters(connection, work).await?;
    order.insert(order.len().min(place as usize), chapter);
    sqlx::query("UPDATE chapter SET binned_at = NULL WHERE id = ?")
        .bind(chapter)
        .execute(&mut *connection)
        .await?;
    number_chapters(connection, &order).await?;
    touch(connection, work, now_ms).await
}

fn missing(item: LibraryItem) -> StoreError {
    match item {
        LibraryItem::Work(WorkId(id)) => StoreError::NotFound { kind: "work", id },
        LibraryItem::Chapter(ChapterId(id)) => StoreError::NotFound { kind: "chapter", id },
    }
}

fn take<T: PartialEq>(order: &mut Vec<T>, item: T) -> Option<T> {
    let at = order.iter().position(|other| *other == item)?;
    Some(order.remove(at))
}
