use super::*;
use crate::agent::Agents;
use crate::app::App;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::control::{Client, ClientError};
use crate::store::Store;

struct Office {
    folder: tempfile::TempDir,
    door: Option<Door>,
    runtime: tokio::runtime::Runtime,
}

impl Office {
    fn new() -> Office {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.data = folder.path().to_path_buf();
        let clock = Clock::by_hand(Timestamp(1_790_000_000));
        let app = App::with_store(config, clock, Store::in_memory().unwrap()).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let work = Arc::new(Work::new(Agents::new(app), runtime.handle().clone()));
        let door = Some(Door::open(folder.path(), work).unwrap());
        Office { folder, door, runtime }
    }

    fn knock(&self) -> TcpStream {
        let connection = TcpStream::connect(self.door.as_ref().unwrap().address()).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        connection
    }
}

#[test]
fn a_command_is_answered_and_the_file_is_gone_afterwards() {
    let mut office = Office::new();
    let mut client = Client::find(office.folder.path()).unwrap().unwrap();
    let Answer::Status(status) = client.ask(&Request::Status).unwrap() else { panic!() };
    assert_eq!((status.computers, status.version.as_str()), (0, env!("CARGO_PKG_VERSION")));
    let bytes = b"<REQUEST/>".to_vec();
    let import = Request::Import { name: "a.ocs".into(), made: None, accept_older: false, bytes };
    let answer = client.ask(&import).unwrap();
    assert!(matches!(answer, Answer::Imported(crate::import::ImportResult::Refused(_))), "{answer:?}");
    drop(office.door.take());
    assert!(!file(office.folder.path()).exists());
    assert!(client.ask(&Request::Status).is_err());
    assert!(Client::find(office.folder.path()).unwrap().is_none());
    drop(office.runtime);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_where_the_door_is() {
    use std::os::unix::fs::PermissionsExt;
    let office = Office::new();
    let path = file(office.folder.path());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_wrong_token_is_refused() {
    let office = Office::new();
    for token in ["", "0", &"0".repeat(64), &"0".repeat(1000)] {
        let mut connection = office.knock();
        frame::write(&mut connection, &Hello { token: token.to_owned(), language: LANGUAGE }).unwrap();
        let answer: Answer = frame::read(&mut connection, frame::MOST).unwrap();
        assert_eq!(answer, Answer::Refused("the token is wrong".into()));
        assert!(
            frame::write(&mut connection, &Request::Status).is_err() || {
                frame::read::<Answer>(&mut connection, frame::MOST).is_err()
            }
        );
    }
}

#[test]
fn a_huge_frame_is_refused_before_and_after_the_token() {
    let office = Office::new();
    let mut connection = office.knock();
    connection.write_all(&(frame::FIRST + 1).to_be_bytes()).unwrap();
    assert!(frame::read::<Answer>(&mut connection, frame::MOST).is_err());
    let mut connection = office.knock();
    let token = office.door.as_ref().unwrap().inner.token.clone();
    frame::write(&mut connection, &Hello { token, language: LANGUAGE }).unwrap();
    assert_eq!(frame::read::<Answer>(&mut connection, frame::MOST).unwrap(), Answer::Done(String::new()));
    connection.write_all(&(frame::MOST + 1).to_be_bytes()).unwrap();
    assert!(frame::read::<Answer>(&mut connection, frame::MOST).is_err());
}

#[test]
fn a_server_of_another_release_says_so() {
    let office = Office::new();
    let mut connection = office.knock();
    let token = office.door.as_ref().unwrap().inner.token.clone();
    frame::write(&mut connection, &Hello { token, language: LANGUAGE + 1 }).unwrap();
    let Answer::Refused(why) = frame::read(&mut connection, frame::MOST).unwrap() else { panic!() };
    assert!(why.contains("another release"));
}

#[test]
fn more_connections_than_allowed_are_sent_away() {
    let office = Office::new();
    let held: Vec<_> = (0..CONNECTIONS).map(|_| Client::find(office.folder.path()).unwrap().unwrap()).collect();
    assert!(matches!(Client::find(office.folder.path()), Err(ClientError::Frame(_))));
    drop(held);
}

#[test]
fn a_file_of_a_server_that_is_gone_counts_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    publish(&file(folder.path()), &Place { address: free, token: "0".into(), process: 1 }).unwrap();
    assert!(Client::find(folder.path()).unwrap().is_none());
    fs::write(file(folder.path()), "{").unwrap();
    assert!(matches!(Client::find(folder.path()), Err(ClientError::Place { .. })));
}
