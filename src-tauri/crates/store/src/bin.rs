//! The bin: what was thrown away, until it comes back or goes for good.

use crate::chapter::{live_chapters, number_chapters};
use crate::work::{live_works, number_works};
use crate::{ChapterId, LibraryItem, Store, StoreError, WorkId};

impl Store {
    /// Throws a work or a chapter away; it can come back.
    pub async fn bin(&self, item: LibraryItem, now_ms: i64) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        match item {
            LibraryItem::Work(work) => {
                let mut order = live_works(&mut change).await?;
                take(&mut order, work).ok_or(StoreError::NotFound { kind: "work", id: work.0 })?;
                sqlx::query("UPDATE work SET binned_at = ?1, updated_at = ?1 WHERE id = ?2")
                    .bind(now_ms)
                    .bind(work)
                    .execute(&mut *change)
                    .await?;
                number_works(&mut change, &order).await?;
            }
            LibraryItem::Chapter(chapter) => {
                let work = self.work_of(&mut change, chapter).await?;
                let mut order = live_chapters(&mut change, work).await?;
                let missing = StoreError::NotFound { kind: "chapter", id: chapter.0 };
                take(&mut order, chapter).ok_or(missing)?;
                sqlx::query("UPDATE chapter SET binned_at = ?1, updated_at = ?1 WHERE id = ?2")
                    .bind(now_ms)
                    .bind(chapter)
                    .execute(&mut *change)
                    .await?;
                number_chapters(&mut change, &order).await?;
            }
        }
        Ok(change.commit().await?)
    }

    /// Takes something out of the bin, to the place where it was or the nearest to it.
    pub async fn restore(&self, item: LibraryItem) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        match item {
            LibraryItem::Work(work) => {
                let place: Option<u32> = sqlx::query_scalar(
                    "SELECT position FROM work WHERE id = ? AND binned_at IS NOT NULL",
                )
                .bind(work)
                .fetch_optional(&mut *change)
                .await?;
                let place = place.ok_or(StoreError::NotFound { kind: "work", id: work.0 })?;
                let mut order = live_works(&mut change).await?;
                order.insert(order.len().min(place as usize), work);
                sqlx::query("UPDATE work SET binned_at = NULL WHERE id = ?")
                    .bind(work)
                    .execute(&mut *change)
                    .await?;
                number_works(&mut change, &order).await?;
            }
            LibraryItem::Chapter(chapter) => {
                let place: Option<(WorkId, u32)> = sqlx::query_as(
                    "SELECT work, position FROM chapter WHERE id = ? AND binned_at IS NOT NULL",
                )
                .bind(chapter)
                .fetch_optional(&mut *change)
                .await?;
                let (work, place) =
                    place.ok_or(StoreError::NotFound { kind: "chapter", id: chapter.0 })?;
                let mut order = live_chapters(&mut change, work).await?;
                order.insert(order.len().min(place as usize), chapter);
                sqlx::query("UPDATE chapter SET binned_at = NULL WHERE id = ?")
                    .bind(chapter)
                    .execute(&mut *change)
                    .await?;
                number_chapters(&mut change, &order).await?;
            }
        }
        Ok(change.commit().await?)
    }

    /// Removes something for good, with its revisions. Only what is in the bin can be removed. The history keeps what
    /// models wrote there.
    pub async fn delete_forever(&self, item: LibraryItem) -> Result<(), StoreError> {
        let (removal, kind, id) = match item {
            LibraryItem::Work(WorkId(id)) => {
                ("DELETE FROM work WHERE id = ? AND binned_at IS NOT NULL", "work", id)
            }
            LibraryItem::Chapter(ChapterId(id)) => {
                ("DELETE FROM chapter WHERE id = ? AND binned_at IS NOT NULL", "chapter", id)
            }
        };
        let removed = sqlx::query(removal).bind(id).execute(&self.writer).await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::NotFound { kind, id });
        }
        Ok(())
    }

    async fn work_of(
        &self,
        connection: &mut sqlx::sqlite::SqliteConnection,
        chapter: ChapterId,
    ) -> Result<WorkId, StoreError> {
        sqlx::query_scalar("SELECT work FROM chapter WHERE id = ?")
            .bind(chapter)
            .fetch_optional(connection)
            .await?
            .ok_or(StoreError::NotFound { kind: "chapter", id: chapter.0 })
    }
}

fn take<T: PartialEq>(order: &mut Vec<T>, item: T) -> Option<T> {
    let at = order.iter().position(|other| *other == item)?;
    Some(order.remove(at))
}
