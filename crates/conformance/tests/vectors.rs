//! Every vector, as a test of its own.

use libtest_mimic::{Arguments, Failed, Trial};
use matchport_conformance::{run, vector};

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (name, file) in vector::read_all(&vector::folder())? {
        let file: &'static vector::File = Box::leak(Box::new(file));
        for vector in &file.vectors {
            let play =
                || run::run(file, vector).map_err(|error| Failed::from(format!("{error:#}\n  by: {}", vector.by)));
            trials.push(Trial::test(format!("{name}: {}", vector.name), play));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}
