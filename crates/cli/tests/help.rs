//! Help and completions: what a newcomer sees first.

mod common;

use common::run;

const COMMANDS: [&str; 16] = [
    "demo",
    "emulator",
    "locations",
    "ping",
    "allocate",
    "resume",
    "sessions",
    "describe",
    "backfill",
    "join",
    "leave",
    "logs",
    "artifacts",
    "tag",
    "stop",
    "completions",
];

#[test]
fn the_help_lists_every_command_and_every_exit_code() {
    let help = run(["--help"]).ok();
    for command in COMMANDS {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command} in {}", help.stdout);
    }
    for line in ["  0    done", "  2    wrong use", "  5    the outcome is not known", "  130  interrupted"] {
        assert!(help.stdout.contains(line), "{line} in {}", help.stdout);
    }
    assert!(!help.stdout.contains("game-server"), "it is for the emulator alone");
}

#[test]
fn each_command_has_help_with_examples() {
    for command in COMMANDS {
        let help = run([command, "--help"]).ok();
        assert!(help.stdout.contains("Examples:\n  matchport "), "{command}: {}", help.stdout);
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 120), "{command} has a line that is too long");
    }
}

#[test]
fn help_never_prints_a_token_of_the_environment() {
    for variable in ["MATCHPORT_TOKEN", "GAMEYE_API_TOKEN"] {
        let help = common::finish(common::program(["sessions", "--help"]).env(variable, "s3cret-token")).ok();
        assert!(help.stdout.contains(variable));
        assert!(!help.stdout.contains("s3cret-token"));
    }
}

#[test]
fn there_are_completions_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        run(["completions", shell]).ok().says("allocate").says("match-id");
    }
    run(["completions", "tcsh"]).ends_with(2).complains("tcsh");
}

#[test]
fn wrong_use_says_what_is_there_instead() {
    run(["alocate"]).ends_with(2).complains("allocate");
    run(["allocate"]).ends_with(2).complains("--image");
    run([""; 0]).ends_with(2).complains("Usage: matchport");
}
