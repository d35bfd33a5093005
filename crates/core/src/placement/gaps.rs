//! Who is the first player without a sample, for each location at once: what a left-out location is explained with.

/// Fed with the rows of the players that count, in their order.
#[derive(Debug)]
pub(super) struct Gaps {
    first: Vec<Option<usize>>,
    /// Locations that are asked about and have no such player so far.
    open: Vec<usize>,
}

impl Gaps {
    /// For `locations` many, of which those in `asked` will be asked about.
    pub(super) fn new(locations: usize, asked: impl Iterator<Item = usize>) -> Self {
        Self { first: vec![None; locations], open: asked.collect() }
    }

    /// Whether nothing that is asked about is open any more, so that further rows change nothing.
    pub(super) fn is_settled(&self) -> bool {
        self.open.is_empty()
    }

    /// Adds the row of `player`.
    pub(super) fn add(&mut self, player: usize, is_missing: impl Fn(usize) -> bool) {
        self.open.retain(|&location| {
            let missing = is_missing(location);
            if missing {
                self.first[location] = Some(player);
            }
            !missing
        });
    }

    /// The first player without a sample for `location`, if it is one of those asked about.
    pub(super) fn first(&self, location: usize) -> Option<usize> {
        self.first[location]
    }
}
