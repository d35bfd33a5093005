//! Files of ended sessions: odd names, odd paths, the limit, and readers that don't read. The usual is in `output`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod common;

use std::collections::BTreeMap;
use std::io::Read;

use common::{Service, images, raw, script, start_builder};
use serde_json::json;

/// What is in an archive: files by name with their content, folders with `None`.
fn unpack(archive: &[u8]) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let mut found = BTreeMap::new();
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("a whole entry");
        let name = entry.path_bytes().into_owned();
        let content = match entry.header().entry_type() {
            tar::EntryType::Directory => None,
            tar::EntryType::Symlink => Some([b"-> ", entry.link_name_bytes().expect("a target").as_ref()].concat()),
            _ => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).expect("the content");
                Some(content)
            }
        };
        assert!(!name.starts_with(b"/") && !name.split(|byte| *byte == b'/').any(|part| part == b".."));
        assert_eq!(found.insert(name, content), None, "each is there once");
    }
    found
}

/// A session whose game server wrote files with this script and has ended, beside a secret that isn't its own.
async fn ended(files: &str) -> (Service, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("secret"), "secret").unwrap();
    let builder = common::builder(images([script("files", files)])).data_dir(data.path());
    let service = start_builder(builder).await;
    service.start(json!({ "image": "files", "location": "eu-west-1", "id": "a" })).await;
    service.reaches("a", &["exited"]).await;
    (service, data)
}

async fn artifact(service: &Service, path: &str) -> common::Answer {
    service.get(&format!("/artifacts?session=a&path={path}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_comes_whole_and_under_its_own_name() {
    let write = "mkdir -p saves/deep/er saves/empty other; echo 1 > saves/one; echo 2 > saves/deep/er/two; \
                 : > saves/nothing; echo no > other/no; mkfifo saves/pipe; ln -s one saves/link; exit 0";
    let (service, _data) = ended(write).await;
    let answer = artifact(&service, "/saves").await.expect(200);
    assert_eq!(answer.headers["content-type"], "application/x-tar");
    let found = unpack(&answer.body);
    let expected = [
        ("saves/", None),
        ("saves/deep/", None),
        ("saves/deep/er/", None),
        ("saves/deep/er/two", Some("2\n")),
        ("saves/empty/", None),
        ("saves/link", Some("-> one")),
        ("saves/nothing", Some("")),
        ("saves/one", Some("1\n")),
    ];
    let plain = |name: &[u8]| String::from_utf8_lossy(name).trim_end_matches('/').to_owned();
    let found: Vec<_> = found.iter().map(|(name, content)| (plain(name), content.as_deref().map(plain))).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, content)| (plain(name.as_bytes()), content.map(|content| plain(content.as_bytes()))))
        .collect();
    assert_eq!(found, expected);

    for path in ["/saves/", "//saves", "/./saves", "/saves/."] {
        assert_eq!(unpack(&artifact(&service, path).await.expect(200).body).len(), expected.len(), "{path}");
    }
    let deep = unpack(&artifact(&service, "/saves/deep").await.expect(200).body);
    assert!(deep.contains_key(b"deep/er/two".as_slice()), "{deep:?}");
    let all = unpack(&artifact(&service, "/").await.expect(200).body);
    assert!(all.contains_key(b"saves/one".as_slice()) && all.contains_key(b"other/no".as_slice()), "{all:?}");
    artifact(&service, "/saves/pipe").await.expect_error(404, "RESOURCE_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_of_the_folder_is_ever_handed_out() {
    // Two levels up lies the secret: the data directory, the emulator's folder in it, the session's in that.
    let links = "ln -s ../../secret up; ln -s /etc/passwd absolute; ln -s / root; ln -s .. parent; mkdir in; \
                 ln -s ../up in/chain; ln -s in/.. self; ln -s loop loop; echo fine > in/fine; ln -s in/fine ok; exit 0";
    let (service, data) = ended(links).await;
    let secret = data.path().join("secret");
    let outside = [
        "../../secret",
        "/../../secret",
        "/in/../../../secret",
        "/in/..",
        "%2F..%2F..%2Fsecret",
        "/%2e%2e/%2e%2e/secret",
        "/..%2f..%2fsecret",
        "/.%2e/secret",
        "/%252e%252e/secret",
        "..\\..\\secret",
        "in/fine",
        "./in/fine",
        "~/secret",
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        secret.to_str().unwrap(),
        "/up",
        "/absolute",
        "/root",
        "/root/etc/passwd",
        "/parent",
        "/parent/000001/in/fine",
        "/in/chain",
        "/loop",
        "/nothing",
        "/in/fine/more",
        "/ok/",
    ];
    for path in outside {
        // By hand, as client libraries tidy paths up.
        let target = format!("/artifacts?session=a&path={path}");
        let answer = raw::exchange(&service, raw::request("GET", &target, &[], b"")).await.expect("an answer");
        if path == "/ok/" && answer.status == 200 {
            // A slash behind a file is forgiven.
            continue;
        }
        let error = answer.expect_error(404, "RESOURCE_NOT_FOUND");
        assert!(!error.to_string().contains(data.path().to_str().unwrap()) || path.contains("tmp"), "{error}");
    }
    // Links that stay inside lead to what they mean.
    let ok = unpack(&artifact(&service, "/ok").await.expect(200).body);
    assert_eq!(ok.values().next().unwrap().as_deref(), Some(b"fine\n".as_slice()));
    // A folder leaves out the links that lead outside of it.
    let all = unpack(&artifact(&service, "/").await.expect(200).body);
    let names: Vec<_> = all.keys().map(|name| String::from_utf8_lossy(name).trim_end_matches('/').to_owned()).collect();
    assert_eq!(names, ["in", "in/fine", "ok", "self"], "{all:?}");
    for bad in ["/artifacts?session=a", "/artifacts?session=a&path=", "/artifacts?path=/in", "/artifacts"] {
        service.get(bad).await.expect_error(400, "BAD_REQUEST");
    }
    for bad in ["%00", "/in%00", "%ff", "%", "%zz"] {
        let target = format!("/artifacts?session=a&path={bad}");
        let answer = raw::exchange(&service, raw::request("GET", &target, &[], b"")).await.expect("an answer");
        answer.expect_error(400, "BAD_REQUEST");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_names_come_through() {
    let long = "n".repeat(250);
    let write = format!(
        "mkdir odd; cd odd; for name in 'with space' 'tab\there' '-rf' '*' 'ünïcödé' \"quote'\\\"\" '..dots' '{long}'; \
         do echo x > \"./$name\"; done; printf x > \"$(printf 'not\\377utf8')\"; \
         mkdir -p {long}d/{long}/{long}; echo deep > {long}d/{long}/{long}/file; exit 0"
    );
    let (service, _data) = ended(&write).await;
    let found = unpack(&artifact(&service, "/odd").await.expect(200).body);
    let mut names = vec![
        b"odd/with space".to_vec(),
        b"odd/tab\there".to_vec(),
        b"odd/-rf".to_vec(),
        b"odd/*".to_vec(),
        "odd/ünïcödé".as_bytes().to_vec(),
        b"odd/quote'\"".to_vec(),
        b"odd/..dots".to_vec(),
        b"odd/not\xffutf8".to_vec(),
        format!("odd/{long}").into_bytes(),
    ];
    for name in names.drain(..) {
        assert!(found.contains_key(&name), "{} in {:?}", String::from_utf8_lossy(&name), found.keys());
    }
    assert!(found.contains_key(format!("odd/{long}d/{long}/{long}/file").as_bytes()));
    for path in ["/odd/with%20space", "/odd/with+space", "/odd/%C3%BCn%C3%AFc%C3%B6d%C3%A9", "/odd/-rf", "/odd/..dots"]
    {
        let found = unpack(&artifact(&service, path).await.expect(200).body);
        assert_eq!(found.values().next().unwrap().as_deref(), Some(b"x\n".as_slice()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_megabytes_are_the_most() {
    // Sparse, so that it costs nothing; the limit is about what would be unpacked.
    let write = "mkdir fits many; truncate -s 100000000 fits/file; truncate -s 100000001 large; \
                 truncate -s 50000001 many/a; truncate -s 50000000 many/b; exit 0";
    let (service, _data) = ended(write).await;
    let mut reader = raw::Raw::connect(&service).await;
    reader.send(raw::request("GET", "/artifacts?session=a&path=/fits/file", &[], b"")).await.unwrap();
    assert_eq!(reader.head().await.expect("a head").0, 200);
    let first = reader.chunk().await.expect("a chunk");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(first.as_slice()));
    assert_eq!(archive.entries().unwrap().next().unwrap().unwrap().size(), 100_000_000);
    drop(reader);
    for path in ["/large", "/many", "/"] {
        let error = artifact(&service, path).await.expect_error(404, "RESOURCE_NOT_FOUND");
        assert!(error["details"].as_str().unwrap().contains("100 MB"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_session_has_files_of_its_own_and_keeps_them_until_it_is_forgotten() {
    let write = "echo $GAMEYE_SESSION_ID > name; exit 0";
    let config = matchport_emulator::Config { retained_sessions: 2, ..images([script("files", write)]) };
    let data = tempfile::tempdir().unwrap();
    let service = start_builder(common::builder(config).data_dir(data.path())).await;
    for id in ["a", "b", "c"] {
        service.start(json!({ "image": "files", "location": "eu-west-1", "id": id })).await;
        service.reaches(id, &["exited"]).await;
    }
    service.get("/artifacts?session=a&path=/name").await.expect_error(404, "RESOURCE_NOT_FOUND");
    for id in ["b", "c"] {
        let answer = service.get(&format!("/artifacts?session={id}&path=/name")).await.expect(200);
        assert_eq!(unpack(&answer.body)[b"name".as_slice()].as_deref(), Some(format!("{id}\n").as_bytes()));
    }
    // An id that is free again begins with an empty folder.
    service.start(json!({ "image": "files", "location": "eu-west-1", "id": "a" })).await;
    service.reaches("a", &["exited"]).await;
    let files = unpack(&service.get("/artifacts?session=a&path=/").await.expect(200).body);
    assert_eq!(files, BTreeMap::from([(b"name".to_vec(), Some(b"a\n".to_vec()))]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_or_does_not_read_holds_nobody_up() {
    let (service, _data) = ended("head -c 6000000 /dev/urandom > noise; echo x > small; exit 0").await;
    let target = "/artifacts?session=a&path=/noise";
    let mut stuck = Vec::new();
    for _ in 0..4 {
        let mut reader = raw::Raw::connect(&service).await;
        reader.send(raw::request("GET", target, &[], b"")).await.unwrap();
        assert_eq!(reader.head().await.expect("a head").0, 200);
        stuck.push(reader);
    }
    let small = unpack(&artifact(&service, "/small").await.expect(200).body);
    assert_eq!(small[b"small".as_slice()].as_deref(), Some(b"x\n".as_slice()));
    stuck.truncate(2);
    let whole = unpack(&artifact(&service, "/noise").await.expect(200).body);
    assert_eq!(whole[b"noise".as_slice()].as_ref().map(Vec::len), Some(6_000_000));
    // Nor does a shutdown wait for those that don't read.
    let began = std::time::Instant::now();
    service.emulator.shutdown().await;
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
}
