//! Files with rows and columns, one of which has texts: CSV as RFC 4180 has it, also with semicolons or tabs.

use std::path::Path;

use crate::Desk;
use crate::files::read_file;
use crate::wire::{ApiError, TableColumn, TableColumns};

/// Names of columns that have texts.
const TEXTS: &[&str] = &[
    "text", "texts", "sentence", "review", "content", "comment", "body", "message", "tweet",
    "文本", "内容", "评论", "句子", "正文", "留言",
];
/// Names of columns that have something else: with one of them the first row names columns.
const OTHERS: &[&str] =
    &["id", "label", "date", "title", "author", "rating", "标签", "标题", "日期"];
/// Rows of a column that are shown, and characters of each.
const SAMPLES: usize = 3;
const LONGEST_SAMPLE: usize = 80;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Names of the columns; empty where the file has none.
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub columns: usize,
}

impl Desk {
    /// The columns of a file, to choose the one with the texts.
    pub async fn table_columns(&self, path: String) -> Result<TableColumns, ApiError> {
        let table = Table::open(path.as_ref()).await?;
        let column = |number: usize| TableColumn {
            name: table.header.get(number).cloned().unwrap_or_default(),
            samples: table.rows.iter().take(SAMPLES).map(|row| sample(row, number)).collect(),
        };
        Ok(TableColumns {
            rows: table.rows.len() as u32,
            columns: (0..table.columns).map(column).collect(),
            chosen: table.text_column() as u32,
            has_header: !table.header.is_empty(),
        })
    }
}

fn sample(row: &[String], column: usize) -> String {
    row.get(column).map_or("", String::as_str).chars().take(LONGEST_SAMPLE).collect()
}

impl Table {
    pub async fn open(path: &Path) -> Result<Self, ApiError> {
        let bytes = read_file(path).await?;
        let reading = move || Self::read(&bytes);
        tokio::task::spawn_blocking(reading).await.map_err(ApiError::internal)?
    }

    fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        let text = bimo_convert::text_of(bytes)?;
        let first = text.lines().next().unwrap_or_default();
        let often = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
        // Of equally frequent ones the last wins.
        let delimiter = [b';', b'\t', b','].into_iter().max_by_key(often).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).delimiter(delimiter);
        let mut rows = Vec::new();
        for record in reader.from_reader(text.as_bytes()).records() {
            let record = record.map_err(|error| no_table().with_detail(error))?;
            // A text goes over one line here, whatever it did in its cell.
            let cell = |cell: &str| cell.split_whitespace().collect::<Vec<_>>().join(" ");
            rows.push(record.iter().map(cell).collect::<Vec<_>>());
        }
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let header = if has_header(&rows) { rows.remove(0) } else { Vec::new() };
        if rows.is_empty() {
            return Err(no_table());
        }
        Ok(Self { header, rows, columns })
    }

    /// The column that is named so, else the one whose texts are longest.
    fn text_column(&self) -> usize {
        let named = self.header.iter().position(|name| is_among(name, TEXTS));
        let length = |column: &usize| -> usize {
            let cells = self.rows.iter().filter_map(|row| row.get(*column));
            cells.map(|cell| cell.chars().count()).sum()
        };
        let longest = || (0..self.columns).rev().max_by_key(length).unwrap_or_default();
        named.unwrap_or_else(longest)
    }

    /// The texts of a column, one a line; empty cells are empty lines.
    pub fn texts_of(&self, column: Option<u32>) -> Result<String, ApiError> {
        let column = column.map_or_else(|| self.text_column(), |column| column as usize);
        if column >= self.columns {
            return Err(no_table().with_detail(format!("there is no column {}", column + 1)));
        }
        let cells = self.rows.iter().map(|row| row.get(column).map_or("", String::as_str));
        Ok(cells.collect::<Vec<_>>().join("\n"))
    }
}

/// True where the first row names the columns: by a name that such files have, or because it has words over numbers.
fn has_header(rows: &[Vec<String>]) -> bool {
    let Some((first, others)) = rows.split_first() else { return false };
    let is_number = |cell: &String| cell.parse::<f64>().is_ok();
    let is_over_numbers = |(column, name): (usize, &String)| {
        let mut cells = others.iter().filter_map(|row| row.get(column)).peekable();
        !name.is_empty() && !is_number(name) && cells.peek().is_some() && cells.all(is_number)
    };
    let is_named = first.iter().any(|name| is_among(name, TEXTS) || is_among(name, OTHERS));
    is_named || first.iter().enumerate().any(is_over_numbers)
}

fn is_among(name: &str, names: &[&str]) -> bool {
    names.contains(&&name.to_lowercase()[..])
}

fn no_table() -> ApiError {
    let message =
        "The file has no such rows and columns: save it as CSV from the program that made it.";
    ApiError::new("mood_no_table", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::read(text.as_bytes()).expect("a table")
    }

    #[test]
    fn the_column_with_texts_is_found_by_its_name_or_its_length() {
        for (text, header, expected) in [
            ("id,review,stars\n1,\"Good,\nreally\",5\n2,Bad,1\n", 3, "Good, really\nBad"),
            ("1;A long sentence it is.;x\n2;Another;y\n", 0, "A long sentence it is.\nAnother"),
            ("label\t评论\nneg\t太差了\n", 2, "太差了"),
            ("score,words\n0.5,hello there\n1,hi\n", 2, "hello there\nhi"),
            ("one\ntwo\n", 0, "one\ntwo"),
        ] {
            let table = table(text);
            assert_eq!(table.header.len(), header, "{text}");
            assert_eq!(table.texts_of(None).expect("texts"), expected);
        }
        assert_eq!(table("a,b\nc\n").texts_of(Some(1)).expect("texts"), "b\n");
    }

    #[test]
    fn without_rows_or_with_a_column_that_is_not_there_it_is_refused() {
        for text in ["", "id,text\n"] {
            assert_eq!(Table::read(text.as_bytes()).expect_err("no rows").code, "mood_no_table");
        }
        assert_eq!(table("a,b\n").texts_of(Some(2)).expect_err("no column").code, "mood_no_table");
    }
}
