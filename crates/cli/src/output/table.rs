//! Aligned columns without lines around them.

use comfy_table::{CellAlignment, Table as Columns, presets};
use owo_colors::OwoColorize;

/// Rows under a header. Cells may hold colour.
pub(crate) struct Table {
    columns: Columns,
}

impl Table {
    /// A table with these columns. A name that begins with `>` is a column of numbers, aligned to the right.
    pub(crate) fn new(names: &[&str]) -> Self {
        let mut columns = Columns::new();
        // Cells come with their colour; the table must not ask whether stdout is a terminal.
        columns.load_style(presets::NOTHING).force_no_tty();
        columns.set_header(names.iter().map(|name| name.trim_start_matches('>').bold().to_string()));
        for (column, name) in columns.column_iter_mut().zip(names) {
            column.set_padding((0, 2));
            if name.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self { columns }
    }

    /// Adds a row.
    pub(crate) fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.columns.add_row(cells.into_iter().map(Into::into).collect::<Vec<String>>());
    }

    /// The text, each line after `indent` spaces.
    pub(crate) fn text(&self, indent: usize) -> String {
        let lines = self.columns.trim_fmt();
        let lines: Vec<_> = lines.lines().map(|line| format!("{:indent$}{line}", "")).collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_colour() {
        let mut table = Table::new(&["LOCATION", ">COST"]);
        table.row(["eu-west-1".green().to_string(), "9.5".to_owned()]);
        table.row(["us", "105.25"]);
        let plain = anstream::adapter::strip_str(&table.text(2)).to_string();
        assert_eq!(plain, "  LOCATION     COST\n  eu-west-1     9.5\n  us         105.25");
    }
}
