//! Making a failing world small: parts of it are left out for as long as it still fails in the same way, and what is
//! left is printed as one command.

use std::collections::HashSet;

use super::element::Element;
use super::play::{Cast, Stage};
use super::tally::Tally;
use super::{play_safely, seed_of};
use crate::judge::{Breach, Kind};

/// Shrinks a failing world, and prints what is left of it.
pub(crate) fn report(stage: &Stage, seed: u64, world: u64) {
    let played = play_safely(stage, seed_of(seed, world), &Cast::All, true, &mut Tally::default());
    let Some(Breach { kind, .. }) = played.breaches.first().cloned() else {
        println!("world {world} of seed {seed} did not fail a second time: something in it is not repeatable");
        return;
    };
    let fails = |elements: &HashSet<Element>| {
        let cast = Cast::Only(elements);
        let played = play_safely(stage, seed_of(seed, world), &cast, false, &mut Tally::default());
        played.breaches.into_iter().find(|breach| breach.kind == kind)
    };
    let left = smallest(&played.met, |elements| fails(elements).is_some());
    let mut names: Vec<_> = left.iter().copied().collect();
    names.sort_unstable();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    println!("\nworld {world} of seed {seed}, of {} elements made {}:", played.met.len(), names.len());
    match fails(&left) {
        Some(Breach { what, .. }) => println!("  {}: {what}", name(kind)),
        None => println!("  {}: only with all of its elements", name(kind)),
    }
    println!("play it again:\n  cargo xtask simulate --seed {seed} --world {world} --only {}", names.join(","));
}

/// The name of a breach.
pub(crate) fn name(kind: Kind) -> String {
    match kind {
        Kind::Orphan => "orphan".to_owned(),
        Kind::Double => "double".to_owned(),
        Kind::LostEvent => "lost event".to_owned(),
        Kind::AfterTheEnd => "request after the end".to_owned(),
        Kind::Rule(number) => format!("rule {number} broken"),
    }
}

/// Leaves out halves, quarters and so on down to single elements, until nothing more can be left out.
fn smallest(met: &[Element], fails: impl Fn(&HashSet<Element>) -> bool) -> HashSet<Element> {
    let mut left: Vec<Element> = met.to_vec();
    left.sort_unstable();
    left.dedup();
    let mut size = left.len().div_ceil(2).max(1);
    loop {
        let mut changed = false;
        let mut at = 0;
        while at < left.len() {
            let end = (at + size).min(left.len());
            let without: HashSet<_> = left[..at].iter().chain(&left[end..]).copied().collect();
            if !without.is_empty() && fails(&without) {
                left.drain(at..end);
                changed = true;
            } else {
                at = end;
            }
        }
        match (size, changed) {
            (1, false) => return left.into_iter().collect(),
            (1, true) => {}
            _ => size = size.div_ceil(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_is_left_out() {
        let met: Vec<_> = (0..100).map(Element::Allocation).collect();
        let needed = [Element::Allocation(3), Element::Allocation(70)];
        let left = smallest(&met, |elements| needed.iter().all(|element| elements.contains(element)));
        assert_eq!(left, needed.into());
    }
}
