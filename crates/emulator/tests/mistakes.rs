//! Every kind of mistake that a configuration can have: each is named, with the line that it stands on.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeMap;
use std::time::Duration;

use matchport_emulator::{
    Answer, Config, ConfigErrors, FaultRule, Image, Location, Operation, PortRange, Program, Protocol, Tag, Token,
};

/// A text, the line and the key of its one mistake, and words that name it.
type Kind = (&'static str, usize, &'static str, &'static str);

/// What the reader of values tells, and what is wrong with values that it takes.
const KINDS: &[Kind] = &[
    // What is no TOML, and what holds another thing than it should.
    ("a = = 1", 1, "", ""),
    ("\nprot_range = [1, 2]", 2, "prot_range", "no such setting"),
    ("[[location]]\nid = 'a'\ncapcity = 1", 3, "location[0].capcity", "no such setting"),
    ("[[token]]\nvalue = 'a'\nrights = []", 3, "token[0].rights", "no such setting"),
    ("[[image]]\nname = 'a'\nport = 1", 3, "image[0].port", "no such setting"),
    ("[[faults]]\ncut = true\nop = 'start'", 3, "faults[0].op", "no such setting"),
    ("[location]\nid = 'a'", 1, "location", "a list of tables"),
    ("image = [3]", 1, "image[0]", "a table belongs here"),
    ("[[location]]\ncapacity = 1", 1, "location[0].id", "missing"),
    ("[[image]]\nports = []", 1, "image[0].name", "missing"),
    ("[[token]]\npermissions = ['logs:read']", 1, "token[0].value", "missing"),
    // At the top.
    ("host = 'two words'", 1, "host", "neither an address nor a host name"),
    ("host = ''", 1, "host", "neither an address nor a host name"),
    ("port_range = [0, 9]", 1, "port_range", "two ports from 1 to 65535"),
    ("port_range = [9]", 1, "port_range", "two ports from 1 to 65535"),
    ("port_range = [9, 8]", 1, "port_range", "holds no port"),
    ("grace = '10'", 1, "grace", "a duration"),
    ("retention = '2years'", 1, "retention", "a duration of at most a year"),
    ("bind_timeout = 5", 1, "bind_timeout", "a duration"),
    ("retained_sessions = -1", 1, "retained_sessions", "a whole number"),
    ("log_limit = 4095", 1, "log_limit", "a number of bytes from 4096"),
    ("log_limit = 1073741825", 1, "log_limit", "to 1073741824"),
    ("ttl = 'minutes'", 1, "ttl", "\"seconds\", \"duration\" or \"both\""),
    ("backend = 'vm'", 1, "backend", "\"null\""),
    ("engine = 'here'", 1, "engine", "an address"),
    ("engine_timeout = '0s'", 1, "engine_timeout", "no engine is that quick"),
    ("quota = 1.5", 1, "quota", "a whole number"),
    ("organization = ''", 1, "organization", "it is empty"),
    ("location = []", 1, "location", "there is no location"),
    ("image = []", 1, "image", "there is no image"),
    // Tokens.
    ("[[token]]\nvalue = 'two words'", 2, "token[0].value", "can't stand in an Authorization header"),
    ("[[token]]\nvalue = ''", 2, "token[0].value", "can't stand in an Authorization header"),
    ("[[token]]\nvalue = 'a'\npermissions = []", 3, "token[0].permissions", "may do nothing"),
    ("[[token]]\nvalue = 'a'\npermissions = ['session:fly']", 3, "token[0].permissions[0]", "a permission"),
    ("[[token]]\nvalue = 'a'\n[[token]]\nvalue = 'a'", 4, "token[1].value", "was there before"),
    // Locations.
    ("[[location]]\nid = ''", 2, "location[0].id", "it is empty"),
    ("[[location]]\nid = \"a\\tb\"", 2, "location[0].id", "a control character"),
    ("[[location]]\nid = 'a'\ncapacity = 'ten'", 3, "location[0].capacity", "a whole number"),
    ("[[location]]\nid = 'a'\nstate = 'shut'", 3, "location[0].state", "\"open\", \"draining\" or \"unreachable\""),
    ("[[location]]\nid = 'a'\nips = ['::1']", 3, "location[0].ips[0]", "an IPv4 address"),
    ("[[location]]\nid = 'a'\nips = '1.2.3.4'", 3, "location[0].ips", "a list"),
    ("[[location]]\nid = 'a'\nimages = ['nope']", 3, "location[0].images[0]", "no image of this name"),
    ("[[location]]\nid = 'a'\nhost = '/'", 3, "location[0].host", "neither an address nor a host name"),
    ("[[location]]\nid = 'a'\nengine = 'here'", 3, "location[0].engine", "an address"),
    ("[[location]]\nid = 'a'\n[[location]]\nid = 'a'", 4, "location[1].id", "was there before"),
    // Images.
    ("[[image]]\nname = ''", 2, "image[0].name", "it is empty"),
    ("[[image]]\nname = 'a'\ncommand = []", 3, "image[0].command", "names no program"),
    ("[[image]]\nname = 'a'\ncommand = ['']", 3, "image[0].command", "names no program"),
    ("[[image]]\nname = 'a'\ncommand = [\"x\\u0000\"]", 3, "image[0].command", "names no program"),
    ("[[image]]\nname = 'a'\ncommand = [1]", 3, "image[0].command", "a program"),
    ("[[image]]\nname = 'a'\nargs = ['']", 3, "image[0].args[0]", "empty or holds a NUL"),
    ("[[image]]\nname = 'a'\nargs = [1]", 3, "image[0].args[0]", "a text"),
    ("[[image]]\nname = 'a'\nenv = { 'A=' = 'x' }", 3, "image[0].env.A=", "can't be a variable"),
    ("[[image]]\nname = 'a'\nenv = { A = 1 }", 3, "image[0].env.A", "a text"),
    ("[[image]]\nname = 'a'\nlabels = { A = 1 }", 3, "image[0].labels.A", "a text"),
    ("[[image]]\nname = 'a'\nports = ['7777']", 3, "image[0].ports[0]", "a port and its protocol"),
    ("[[image]]\nname = 'a'\nports = ['1/udp', '1/udp']", 3, "image[0].ports[1]", "was there before"),
    ("port_range = [1, 1]\n[[image]]\nname = 'a'\nports = ['1/udp', '2/udp']", 4, "image[0].ports", "more ports"),
    ("[[image]]\nname = 'a'\ntags = []", 3, "image[0].tags", "no version"),
    ("[[image]]\nname = 'a'\ntags = ['']", 3, "image[0].tags[0]", "it is empty"),
    ("[[image]]\nname = 'a'\ntags = [{ name = 'x', order = 1 }]", 3, "image[0].tags[0]", "a tag"),
    ("[[image]]\nname = 'a'\ntags = [{ name = 'x', spread = 5 }]", 3, "image[0].tags[0]", "a tag"),
    ("[[image]]\nname = 'a'\ntags = ['x', 'x']", 3, "image[0].tags[1]", "was there before"),
    ("[[image]]\nname = 'a'\nwarm_pool = 1", 3, "image[0].warm_pool", "true or false"),
    ("[[image]]\nname = 'a'\nanswer = 'later'", 3, "image[0].answer", "\"bound\" or \"spawned\""),
    ("[[image]]\nname = 'a'\nready_delay = 2", 3, "image[0].ready_delay", "a duration"),
    ("[[image]]\nname = 'a'\nrepository = 'A b'", 3, "image[0].repository", "no repository"),
    ("[[image]]\nname = 'a'\nmemory = '1m'", 3, "image[0].memory", "6 MiB"),
    ("[[image]]\nname = 'a'\nmemory = 'much'", 3, "image[0].memory", ""),
    ("[[image]]\nname = 'a'\ncpus = 0.0", 3, "image[0].cpus", "number of processors"),
    ("[[image]]\nname = 'a'\n[[image]]\nname = 'a'", 4, "image[1].name", "was there before"),
    ("backend = 'docker'\n[[image]]\nname = 'A B'", 3, "image[0].name", "no container image can have this name"),
    ("backend = 'docker'\n[[image]]\nname = 'a'\ntags = ['-x']", 4, "image[0].tags[0]", "no container image"),
    // Faults.
    ("[[faults]]\noperation = 'fly'\ncut = true", 2, "faults[0].operation", "an operation"),
    ("[[faults]]\nlocation = 'nowhere'\ncut = true", 2, "faults[0].location", "no location of this id"),
    ("[[faults]]\nshare = 0\ncut = true", 2, "faults[0].share", "a number above 0"),
    ("[[faults]]\nseed = -1\ncut = true", 2, "faults[0].seed", "a whole number"),
    ("[[faults]]\ncount = 1.5\ncut = true", 2, "faults[0].count", "a whole number"),
    ("[[faults]]\ndelay = '61m'", 2, "faults[0].delay", "longer than an hour"),
    ("[[faults]]\nstatus = 199", 2, "faults[0].status", "a status from 200 to 599"),
    ("[[faults]]\nstatus = 200", 2, "faults[0].status", "an error has no such status"),
    ("[[faults]]\nshare = 1.0", 1, "faults[0]", "nothing would happen"),
    ("[[faults]]\ncut = true\nstatus = 500", 2, "faults[0].cut", "neither status nor garbage"),
    ("[[faults]]\noperation = 'start'\nfull = true\nwhen = 'after'", 3, "faults[0].full", "the answer is 420"),
    ("[[faults]]\nfull = true", 2, "faults[0].full", "only starts need room"),
    ("[[faults]]\ncut = true\nwhen = 'now'", 3, "faults[0].when", "\"before\" or \"after\""),
    ("[[faults]]\ngarbage = 1", 2, "faults[0].garbage", "true or false"),
];

#[test]
fn every_kind_is_named_with_its_line() {
    for (text, line, key, words) in KINDS {
        let errors = Config::parse(text).expect_err(text);
        let of_line = errors.iter().find(|error| error.line() == Some(*line) && error.key() == *key);
        let error = of_line.unwrap_or_else(|| panic!("{text}\nwants {line} {key}, has {errors}"));
        assert!(error.problem().contains(words), "{text}\nwants {words:?}, has {error}");
        assert!(error.column().is_some_and(|column| column > 0) && !error.help().is_empty(), "{error}");
        // A fault with a value that can't be read may do nothing, which is said too.
        let others = errors.iter().filter(|other| *other != error && !other.problem().contains("nothing would happen"));
        let others: Vec<_> = others.map(ToString::to_string).collect();
        assert!(others.is_empty() || key.is_empty(), "{text}\nis one mistake, and {others:?} is told too");
    }
}

/// All of them in one file, without those that can't stand together, are still named one by one.
#[test]
fn they_are_all_named_at_once() {
    let tables = |prefix: &str| KINDS.iter().filter(|kind| kind.0.starts_with(prefix)).count();
    let faults: String = KINDS
        .iter()
        .map(|kind| kind.0)
        .filter(|text| text.starts_with("[[faults]]"))
        .flat_map(|text| [text, "\n"])
        .collect();
    let errors = Config::parse(&faults).unwrap_err();
    let named: std::collections::BTreeSet<_> =
        errors.iter().filter_map(|error| error.key().split(']').next().map(str::to_owned)).collect();
    assert_eq!(named.len(), tables("[[faults]]"), "{errors}");
    let lines: Vec<_> = errors.iter().map(|error| error.line()).collect();
    assert!(lines.is_sorted(), "in the order of the text: {lines:?}");
}

#[track_caller]
fn told(config: Config, key: &str, words: &str) {
    let errors: ConfigErrors = config.check().unwrap_err();
    let is_told = errors.iter().any(|error| error.key() == key && error.problem().contains(words));
    assert!(is_told, "wants {key} {words:?}, has {errors}");
}

/// What no text can hold, and a configuration made in code can.
#[test]
fn what_only_code_can_get_wrong() {
    let year = Duration::from_secs(366 * 24 * 3600);
    let with = |change: fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        config
    };
    told(with(|config| config.port_range = PortRange { first: 0, last: 5 }), "port_range", "holds no port");
    told(with(|config| config.log_limit = 0), "log_limit", "fewer than 4096");
    told(with(|config| config.tokens = vec![Token::new("a\nb")]), "token[0].value", "Authorization");
    told(with(|config| config.locations = vec![Location::new("a".repeat(256))]), "location[0].id", "256 bytes");
    told(
        with(|config| config.images = vec![Image::new("a").port(0, Protocol::Udp)]),
        "image[0].ports[0]",
        "a port is 0",
    );
    told(with(|config| config.images[0].tags = vec![Tag::new("a\u{7}", 0)]), "image[0].tags[0]", "control");
    told(with(|config| config.images[0].args = vec!["\0".into()]), "image[0].args[0]", "NUL");
    told(Config { grace: year, ..Config::default() }, "grace", "longer than a year");
    let late = Image { tags: vec![Tag::new("v1", 0).spread(year)], ..Image::demo() };
    told(Config { images: vec![late], ..Config::default() }, "image[0].tags[0].spread", "longer than a year");
    let slow = Image::new("a").ready_delay(year).answer(Answer::Spawned);
    told(Config { images: vec![slow], ..Config::default() }, "image[0].ready_delay", "longer than a year");
    let fault = FaultRule { share: f64::NAN, cut: true, ..FaultRule::of([Operation::Stop]) };
    told(Config { faults: vec![fault], ..Config::default() }, "faults[0].share", "no share");
    let image =
        Image { env: BTreeMap::from([("A".to_owned(), "\0".to_owned())]).into_iter().collect(), ..Image::new("a") };
    told(Config { images: vec![image], ..Config::default() }, "image[0].env.A", "can't be a variable");
    let odd = std::os::unix::ffi::OsStringExt::from_vec(vec![0xff]);
    let image = Image { program: Program::Command(vec![odd]), ..Image::new("a") };
    let docker = matchport_emulator::Backend::Docker;
    told(Config { images: vec![image], backend: docker, ..Config::default() }, "image[0].command", "not UTF-8");
}
