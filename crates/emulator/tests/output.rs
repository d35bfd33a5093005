//! Logs and artifacts of real game servers: bounded, followed, and never from outside the session's folder.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use common::{Answer, PATIENCE, Service, builder, script, start, start_builder};
use futures_util::StreamExt;
use matchport_emulator::{Config, Image};
use serde_json::json;

fn with(images: Vec<Image>) -> Config {
    Config { images, grace: Duration::from_millis(300), ..Config::default() }
}

async fn run(service: &Service, image: &str) {
    service.start(json!({ "image": image, "location": "eu-west-1", "id": image })).await;
}

async fn run_to_end(service: &Service, image: &str) {
    run(service, image).await;
    service.reaches(image, &["exited"]).await;
}

#[tokio::test]
async fn stdout_and_stderr_make_one_log_that_stays_after_the_end() {
    let service = start(with(vec![script("talks", "echo one; echo two >&2; echo three; printf '\\377\\000'")])).await;
    run_to_end(&service, "talks").await;
    let log = service.get("/logs?id=talks").await.expect(200);
    assert_eq!(log.body, b"one\ntwo\nthree\n\xff\x00");
    assert_eq!(log.headers["content-type"], "text/plain");
}

#[tokio::test]
async fn a_followed_log_comes_as_it_is_written_and_ends_with_the_session() {
    let image = script("waits", "echo ready; while [ ! -f go ]; do sleep 0.01; done; echo gone; exec sleep 1000");
    let folder = tempfile::tempdir().unwrap();
    let service = start_builder(builder(with(vec![image])).data_dir(folder.path())).await;
    run(&service, "waits").await;
    let response = service.request(reqwest::Method::GET, "/logs?id=waits&follow=true").send().await.unwrap();
    let mut stream = response.bytes_stream();
    let mut seen = String::new();
    while seen != "ready\n" {
        seen.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    let run_folder = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    // Whichever of the folders made ahead it got.
    for entry in std::fs::read_dir(run_folder).unwrap().flatten() {
        std::fs::write(entry.path().join("go"), "").unwrap();
    }
    while seen != "ready\ngone\n" {
        seen.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    service.delete("/session/waits").await.expect(204);
    assert!(tokio::time::timeout(PATIENCE, stream.next()).await.unwrap().is_none());
    let after = service.get("/logs?id=waits&follow=true").await.expect(200);
    assert_eq!(after.text(), seen, "following what has ended gives all and ends");
}

#[tokio::test]
async fn a_hundred_megabytes_of_log_cost_the_limit() {
    let image = Image { args: vec!["--spam".into(), "100000000".into()], ..Image::demo() };
    let folder = tempfile::tempdir().unwrap();
    let service = start_builder(builder(with(vec![image])).data_dir(folder.path())).await;
    let before = resident_kib();
    run(&service, "demo").await;
    let log = service.get("/logs?id=demo").await.expect(200);
    assert!(log.body.len() < (1 << 20) + 100, "{}", log.body.len());
    let text = log.text();
    let (notice, rest) = text.split_once('\n').unwrap();
    assert!(notice.starts_with('[') && notice.ends_with(" bytes before this are not kept]"), "{notice}");
    assert!(rest.contains("listening on"), "the latest is what is kept");
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 30 * 1024, "memory grew by {grown} KiB");
    service.stop_and_wait("demo").await;
    let log_after = service.get("/logs?id=demo").await.expect(200);
    assert!(log_after.body.len() >= 1 << 20, "it is all there after the end");
    assert!(size_of(folder.path()) < 3 << 20, "the disk holds {} bytes", size_of(folder.path()));
}

#[tokio::test]
async fn a_log_without_end_holds_nobody_up_and_can_be_stopped() {
    let service = start(with(vec![script("yes", "exec yes"), script("calm", "exec sleep 1000")])).await;
    run(&service, "yes").await;
    for number in 0..20 {
        let id = format!("calm-{number}");
        service.start(json!({ "image": "calm", "location": "eu-west-1", "id": id })).await;
    }
    // Nobody reads this one.
    let unread = service.request(reqwest::Method::GET, "/logs?id=yes&follow=true").send().await.unwrap();
    service.stop_and_wait("yes").await;
    drop(unread);
}

/// The names and contents in an archive; links as `-> target`.
fn unpack(answer: &Answer) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(answer.body.as_slice()));
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut content = String::new();
        match entry.link_name().unwrap() {
            Some(target) => content = format!("-> {}", target.display()),
            None => {
                entry.read_to_string(&mut content).unwrap();
            }
        }
        files.insert(name, content);
    }
    files
}

#[tokio::test]
async fn files_and_whole_folders_come_after_the_end_only() {
    let make = "mkdir -p saves/deep; echo 1 > saves/a.txt; echo 2 > saves/deep/b.txt; ln -s a.txt saves/link; \
        ln -s saves/deep deep; echo made; exec sleep 1000";
    let service = start(with(vec![script("saves", make)])).await;
    run(&service, "saves").await;
    service.logged("saves", "made").await;
    let get = |path: &'static str| service.get(path);
    get("/artifacts?session=saves&path=/saves").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.stop_and_wait("saves").await;

    let file = get("/artifacts?session=saves&path=/saves/a.txt").await.expect(200);
    assert_eq!(file.headers["content-type"], "application/x-tar");
    assert_eq!(unpack(&file), BTreeMap::from([("a.txt".into(), "1\n".into())]));
    let folder = [
        ("saves", ""),
        ("saves/a.txt", "1\n"),
        ("saves/deep", ""),
        ("saves/deep/b.txt", "2\n"),
        ("saves/link", "-> a.txt"),
    ];
    let named = |files: &[(&str, &str)]| -> BTreeMap<String, String> {
        files.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
    };
    let trimmed = |files: BTreeMap<String, String>| -> BTreeMap<String, String> {
        files.into_iter().map(|(name, content)| (name.trim_end_matches('/').to_owned(), content)).collect()
    };
    assert_eq!(trimmed(unpack(&get("/artifacts?session=saves&path=%2Fsaves").await.expect(200))), named(&folder));
    let inner = get("/artifacts?session=saves&path=/deep").await.expect(200);
    assert_eq!(
        trimmed(unpack(&inner)),
        named(&[("deep", ""), ("deep/b.txt", "2\n")]),
        "a link that stays inside leads on"
    );
    let all = trimmed(unpack(&get("/artifacts?session=saves&path=/").await.expect(200)));
    assert!(all.contains_key("saves/deep/b.txt") && all["deep"] == "-> saves/deep");
}

#[tokio::test]
async fn nothing_from_outside_is_ever_handed_out() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "hunter2").unwrap();
    let secret = outside.path().display();
    let make = format!(
        "mkdir in; echo x > in/file; ln -s {secret} out; ln -s {secret}/secret in/leak; ln -s ../.. up; ln -s /etc/passwd \
         passwd; ln -s up/../.. chain; ln -s loop loop; ln -s nothing dangling; mkfifo in/pipe; exit 0"
    );
    let service = start(with(vec![script("evil", &make)])).await;
    run_to_end(&service, "evil").await;
    for path in [
        "/out",
        "/out/secret",
        "/in/leak",
        "/up",
        "/up/secret",
        "/passwd",
        "/chain",
        "/loop",
        "/dangling",
        "/in/pipe",
        "/nope",
        "/in/../out/secret",
        "/../../../../etc/passwd",
        "/..",
        "/in/..",
        "/in/../..",
        "in/file",
        "etc/passwd",
        "..",
        "/in/file/",
        "%2Fetc%2Fpasswd",
        "/etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/in/%2e%2e/passwd",
        "/..%2fx",
    ] {
        let answer = service.get(&format!("/artifacts?session=evil&path={path}")).await;
        if path == "/in/file/" && answer.status == 200 {
            continue;
        }
        answer.expect_error(404, "RESOURCE_NOT_FOUND");
    }
    service.get("/artifacts?session=evil&path=/in%00").await.expect_error(400, "BAD_REQUEST");
    let all = service.get("/artifacts?session=evil&path=/").await.expect(200);
    assert_eq!(unpack(&all).into_keys().collect::<Vec<_>>(), ["in", "in/file"], "links that lead out are left out");
}

#[tokio::test]
async fn more_than_a_hundred_megabytes_are_refused_and_a_part_is_not() {
    let make = "truncate -s 60M a; truncate -s 60M b; exit 0";
    let service = start(with(vec![script("large", make)])).await;
    run_to_end(&service, "large").await;
    let refused = service.get("/artifacts?session=large&path=/").await.expect_error(404, "RESOURCE_NOT_FOUND");
    assert!(refused["details"].as_str().unwrap().contains("100 MB"));
    let part = service.get("/artifacts?session=large&path=/a").await.expect(200);
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(part.body.as_slice()));
    assert_eq!(archive.entries().unwrap().next().unwrap().unwrap().size(), 60 << 20);
}

#[tokio::test]
async fn what_was_kept_goes_with_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        Config { retention: Duration::from_millis(100), ..with(vec![script("saves", "echo x > file; exit 0")]) };
    let service = start_builder(builder(config).data_dir(folder.path())).await;
    run(&service, "saves").await;
    let gone = async {
        while service.get("/session/saves").await.status != 404 || files_in(folder.path()) > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    service.get("/logs?id=saves").await.expect_error(404, "RESOURCE_NOT_FOUND");
    service.get("/artifacts?session=saves&path=/file").await.expect_error(404, "RESOURCE_NOT_FOUND");
}

fn files_in(folder: &Path) -> usize {
    walk(folder).len()
}

fn size_of(folder: &Path) -> u64 {
    walk(folder).iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
