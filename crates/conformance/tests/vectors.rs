//! Every vector, as a test of its own; and that each mistake of the faulty ones is found.

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
    for (_, file) in vector::read_all(&vector::faulty())? {
        let file: &'static vector::File = Box::leak(Box::new(file));
        for vector in &file.vectors {
            let play = || match run::run(file, vector) {
                Ok(()) => Err(Failed::from("it was taken for right")),
                Err(_) => Ok(()),
            };
            trials.push(Trial::test(format!("a mistake is found: {}", vector.name), play));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}
