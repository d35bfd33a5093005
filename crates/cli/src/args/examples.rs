//! What stands below the help of each command: examples to copy, and what the exit codes mean. They work against a
//! `matchport emulator` without a configuration. No line is longer than a terminal is wide.

pub(super) const PROGRAM: &str = "\
Examples:
  matchport demo                        see it happen; needs no account
  matchport emulator                    a local Session API to develop against
  matchport allocate --image demo       a game server for a match

Exit codes:
  0    done
  1    another failure: the service can't be reached or fails, time is up, a
       file can't be written
  2    wrong use or invalid input; nothing was sent
  3    refused by the service: token, permission, quota, a body that it finds
       invalid
  4    no capacity, or no session with enough open slots
  5    the outcome is not known: something may be left, such as a server that
       still runs
  6    not found: image, location, version or session
  130  interrupted by Ctrl-C or SIGTERM; nothing is left

What goes wrong is said on stderr; with --output json, stdout gets
{\"error\": ...} as well.";

pub(super) const DEMO: &str = "\
Examples:
  matchport demo
  matchport demo --output json | jq '.steps[] | {name, request, status, ms}'

Needs no account and no network but this machine's loopback. Ends with 0 only
when every step did what it should and no process was left behind.";

pub(super) const EMULATOR: &str = "\
Examples:
  matchport emulator
  matchport emulator --config emulator.toml
  matchport emulator --listen 127.0.0.1:0 --ready-file ready --token secret
  matchport emulator --listen 0.0.0.0:4242 --token secret
  matchport emulator --log-format json 2> requests.log

Without a configuration there are the locations eu-west-1, us-east-1 and
ap-southeast-1 and the image demo, a small UDP server on container port 7777.
Ctrl-C or SIGTERM ends all game servers and then the emulator.";

pub(super) const EMULATOR_INIT: &str = "\
Examples:
  matchport emulator init
  matchport emulator init arena.toml --force

As it is written it says what holds without it. Lines that begin with a single
# and no space are settings to uncomment.";

pub(super) const EMULATOR_CHECK: &str = "\
Examples:
  matchport emulator check emulator.toml
  matchport emulator check emulator.toml --output json

Ends with 0 when there is no mistake, and with 2 when there is one. Whether
programs and engines are there shows only when the emulator starts.";

pub(super) const EMULATOR_FAULT: &str = "\
Examples:
  matchport emulator fault add --operation start --cut --after --count 1
  matchport emulator fault add --location us-east-1 --operation start --full
  matchport emulator fault add --delay 150ms --share 0.2
  matchport emulator fault list
  matchport emulator fault remove 2
  matchport emulator fault remove --all

Only from the machine that the emulator runs on.";

pub(super) const LOCATIONS: &str = "\
Examples:
  matchport locations demo
  matchport locations my-game --environment production --output json";

pub(super) const PING: &str = "\
Examples:
  matchport ping demo
  matchport ping my-game --environment production --samples 10

Sends ICMP echo requests where the system allows it; what it used instead is
said plainly.";

pub(super) const ALLOCATE: &str = "\
Examples:
  matchport allocate --image demo
  matchport allocate --image demo \\
      --player 'ada:eu-west-1=23,us-east-1=95,ap-southeast-1=180' \\
      --player 'bo:eu-west-1=36,us-east-1=81,ap-southeast-1=170'
  matchport allocate --image demo --match-id match-17 --ticket 17.ticket \\
      --env MAP=dust2 --ttl 30m
  matchport allocate --image demo --location eu-west-1 --deadline 20s \\
      --output json | jq -r .endpoint

With --output json it prints
  {id, location, host, ports: [{type, container, host}], endpoint, report}
or, when it fails,
  {error: {code, status, identifier, violations, outcome, retryable, message},
   ticket, report}
where report explains it: each location with its cost or the reason it was
left out, each request with its outcome and time.

Ctrl-C gives up and makes sure that no server is left; a second one ends at
once and prints the ticket.";

pub(super) const RESUME: &str = "\
Examples:
  matchport resume 17.ticket
  matchport resume 17.ticket --settle
  matchport resume - --env MAP=dust2 < 17.ticket

The address comes from the ticket when it is this machine's, or the sandbox's
or production's; any other must be given with --base-url, so that a token goes
nowhere by surprise. The file is kept up to date and removed at the end, unless
something is left to settle.";

pub(super) const SESSIONS: &str = "\
Examples:
  matchport sessions
  matchport sessions --image demo --players-below 8
  matchport sessions --all --having mode=ranked --output json";

pub(super) const DESCRIBE: &str = "\
Examples:
  matchport describe 1627f6fa-49ca-4c25-95f2-1dbae2fff141";

pub(super) const BACKFILL: &str = "\
Examples:
  matchport backfill --image demo --capacity 8 --player cleo --player dan
  matchport backfill --image demo --capacity 8 --player cleo \\
      --location eu-west-1 --having mode=ranked";

pub(super) const JOIN: &str = "\
Examples:
  matchport join 1627f6fa-49ca-4c25-95f2-1dbae2fff141 ada bo";

pub(super) const LEAVE: &str = "\
Examples:
  matchport leave ada bo";

pub(super) const LOGS: &str = "\
Examples:
  matchport logs 1627f6fa-49ca-4c25-95f2-1dbae2fff141
  matchport logs 1627f6fa-49ca-4c25-95f2-1dbae2fff141 --follow

With --output json, each line is a JSON text on a line of its own.";

pub(super) const ARTIFACTS: &str = "\
Examples:
  matchport artifacts 1627f6fa-49ca-4c25-95f2-1dbae2fff141 /result.json \\
      -o result.tar.gz
  matchport artifacts 1627f6fa-49ca-4c25-95f2-1dbae2fff141 /result.json \\
      -o - | tar -xzO

There is nothing before the session has ended. The file appears only when it is
complete.";

pub(super) const TAG: &str = "\
Examples:
  matchport tag eu-west-1 demo latest

Ends with 0 when it is there and with 6 when it is not.";

pub(super) const STOP: &str = "\
Examples:
  matchport stop 1627f6fa-49ca-4c25-95f2-1dbae2fff141

A session that had already ended is no failure.";

pub(super) const COMPLETIONS: &str = "\
Examples:
  matchport completions fish > ~/.config/fish/completions/matchport.fish
  matchport completions zsh > \"${fpath[1]}/_matchport\"
  source <(matchport completions bash)";
