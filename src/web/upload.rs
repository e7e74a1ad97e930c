//! Files that a form brings (multipart/form-data), within bounds of number, size and time.
//!
//! Files go into a folder of their own below one in the data folder, never under names that were sent. The folder goes
//! with the [`Upload`]; what a crash left behind is removed at the next start ([`sweep`]). Whether a form may bring
//! files at all is decided from the fields in front of the first one: until then nothing is written.
//!
//! Files that are too large, and those beyond the number, are read to their end and dropped, so that the browser gets
//! an answer and not a broken connection.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::pin;

use super::{Patience, Place};
use crate::limits::Limits;
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, Payload, block};
use futures_core::Stream;

/// What one form may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// Files.
    pub files: usize,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of everything together.
    pub whole: u64,
    /// Bytes of all other fields together.
    pub text: usize,
    /// Files stay in memory ([`UploadedFile::bytes`]): what must never lie on the disk in the clear, such as keys.
    pub memory: bool,
}

/// Where files are put.
#[derive(Debug, Clone, Copy)]
pub struct Disk<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Bytes of its disk that stay free.
    pub stays_free: u64,
}

impl Disk<'_> {
    /// Whether so many bytes may be written there.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn has_room(&self, bytes: u64) -> std::io::Result<bool> {
        Ok(fs4::available_space(self.folder)? >= self.stays_free.saturating_add(bytes))
    }
}

/// A file that came.
#[derive(Debug)]
pub struct UploadedFile {
    /// The name of its field.
    pub field: String,
    /// Its name at the sender, for people: without folders and control characters, never empty.
    pub name: String,
    /// Where its bytes are; `None` when it is larger than allowed.
    pub path: Option<PathBuf>,
    /// Its size in bytes, as far as it was read.
    pub size: u64,
    /// Its bytes, where files stay in memory; `None` when it is larger than allowed.
    pub bytes: Option<Vec<u8>>,
}

/// What a form brought. The files are removed with it.
#[derive(Debug)]
pub struct Upload {
    /// Names and values of the other fields, in their order.
    pub fields: Vec<(String, String)>,
    /// The files in their order.
    pub files: Vec<UploadedFile>,
    /// Files beyond the number that is allowed; nothing of them was kept.
    pub beyond: usize,
    /// Its place among those that are worked on at the same time.
    pub place: Option<Place>,
    folder: Option<Folder>,
}

/// Why a form with files was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadError {
    /// It is larger than allowed, or has too many fields.
    TooLarge,
    /// It came too slowly.
    TooSlow,
    /// It ends too early.
    Truncated,
    /// It is not what browsers send.
    Malformed,
    /// The fields in front of the first file, or all of them, do not allow it.
    Denied,
    /// The disk is full.
    NoRoom,
    /// A file cannot be written.
    Broken,
}

/// Bytes that are gathered before they are written.
pub(crate) const PORTION: usize = 256 << 10;
/// Longest name that is kept, in characters.
const NAME: usize = 200;
/// Most fields that are no files.
const FIELDS: usize = 1050;

/// A folder that is removed with everything in it.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn make(below: &Path) -> std::io::Result<Folder> {
        let mut random = [0_u8; 16];
        aws_lc_rs::rand::fill(&mut random).map_err(std::io::Error::other)?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = below.join(name);
        crate::app::private_folder(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!("`{}` cannot be removed: {error}", self.0.display());
        }
    }
}

/// Removes what a crash left behind.
pub fn sweep(below: &Path) {
    match fs::remove_dir_all(below) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!("`{}` cannot be removed: {error}", below.display()),
    }
}

/// Reads a form. `admits` is asked before the first file, with the fields in front of it, and at the end, with all.
///
/// # Errors
/// [`UploadError`]; nothing is left on the disk then.
pub async fn read_upload(
    request: &HttpRequest,
    payload: Payload,
    allowed: &Allowed,
    limits: &Limits,
    disk: Disk<'_>,
    admits: impl Fn(&[(String, String)]) -> bool,
) -> Result<Upload, UploadError> {
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: u64| length > allowed.whole.saturating_add(allowed.text as u64)) {
        return Err(UploadError::TooLarge);
    }
    read_parts(request.headers(), payload.into_inner(), allowed, limits, disk, admits).await
}

/// The same for any stream of bytes.
pub async fn read_parts(
    headers: &HeaderMap,
    bytes: impl Stream<Item = Result<Bytes, PayloadError>> + 'static,
    allowed: &Allowed,
    limits: &Limits,
    disk: Disk<'_>,
    admits: impl Fn(&[(String, String)]) -> bool,
) -> Result<Upload, UploadError> {
    let mut upload = Upload { fields: Vec::new(), files: Vec::new(), beyond: 0, place: None, folder: None };
    let mut parts = pin!(Multipart::new(headers, bytes));
    let (patience, stays_free) = (Patience::new(limits), disk.stays_free);
    let mut meter = Meter { patience, whole: 0, text: 0, allowed: *allowed, stays_free };
    loop {
        let next = meter.wait(std::future::poll_fn(|context| parts.as_mut().poll_next(context))).await?;
        let Some(part) = next.transpose().map_err(|error| fault(&error))? else { break };
        let field = part.name().unwrap_or_default().to_owned();
        let name = part.content_disposition().and_then(|sent| sent.get_filename()).map(str::to_owned);
        match name {
            None if upload.fields.len() >= FIELDS => return Err(UploadError::TooLarge),
            None => {
                let value = meter.text(part).await?;
                upload.fields.push((field, value));
            }
            // The field of a form in which no file was chosen.
            Some(name) if name.is_empty() => meter.skip(part).await?,
            Some(name) => {
                if upload.files.is_empty() && !admits(&upload.fields) {
                    return Err(UploadError::Denied);
                }
                if upload.files.len() >= allowed.files {
                    meter.skip(part).await?;
                    upload.beyond += 1;
                    continue;
                }
                if allowed.memory {
                    let bytes = meter.memory(part).await?;
                    let size = bytes.as_ref().map_or(allowed.file.saturating_add(1), |bytes| bytes.len() as u64);
                    upload.files.push(UploadedFile { field, name: printable(&name), path: None, size, bytes });
                    continue;
                }
                if upload.folder.is_none() {
                    upload.folder = Some(Folder::make(disk.folder).map_err(|error| broken(&error))?);
                }
                let folder = upload.folder.as_ref().map(|folder| folder.0.clone()).unwrap_or_default();
                let path = folder.join(upload.files.len().to_string());
                let (size, whole) = meter.file(part, &path).await?;
                upload.files.push(UploadedFile {
                    field,
                    name: printable(&name),
                    path: whole.then_some(path),
                    size,
                    bytes: None,
                });
            }
        }
    }
    if admits(&upload.fields) { Ok(upload) } else { Err(UploadError::Denied) }
}

/// What came so far, and what may.
struct Meter {
    patience: Patience,
    whole: u64,
    text: usize,
    allowed: Allowed,
    stays_free: u64,
}

impl Meter {
    async fn wait<T>(&self, what: impl Future<Output = T>) -> Result<T, UploadError> {
        self.patience.wait(self.whole, what).await
    }

    /// The next bytes of a part.
    async fn chunk(&mut self, part: &mut Field) -> Result<Option<Bytes>, UploadError> {
        let mut part = pin!(part);
        let next = self.wait(std::future::poll_fn(|context| part.as_mut().poll_next(context))).await?;
        let chunk = next.transpose().map_err(|error| fault(&error))?;
        self.whole += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if self.whole > self.allowed.whole.saturating_add(self.allowed.text as u64) {
            return Err(UploadError::TooLarge);
        }
        Ok(chunk)
    }

    async fn text(&mut self, mut part: Field) -> Result<String, UploadError> {
        let mut value = Vec::new();
        while let Some(chunk) = self.chunk(&mut part).await? {
            self.text += chunk.len();
            if self.text > self.allowed.text {
                return Err(UploadError::TooLarge);
            }
            value.extend_from_slice(&chunk);
        }
        String::from_utf8(value).map_err(|_| UploadError::Malformed)
    }

    async fn skip(&mut self, mut part: Field) -> Result<(), UploadError> {
        while self.chunk(&mut part).await?.is_some() {}
        Ok(())
    }

    /// The bytes of a file; `None` when there are more than allowed.
    async fn memory(&mut self, mut part: Field) -> Result<Option<Vec<u8>>, UploadError> {
        let mut kept = Some(Vec::new());
        while let Some(chunk) = self.chunk(&mut part).await? {
            kept = kept.filter(|bytes| bytes.len() as u64 + chunk.len() as u64 <= self.allowed.file);
            if let Some(bytes) = &mut kept {
                bytes.extend_from_slice(&chunk);
            }
        }
        Ok(kept)
    }

    /// Writes a file; answers its size, and whether all of it was kept.
    async fn file(&mut self, mut part: Field, path: &Path) -> Result<(u64, bool), UploadError> {
        let (mut size, mut waiting) = (0_u64, Vec::new());
        let mut file = Some(File::create_new(path).map_err(|error| broken(&error))?);
        while let Some(chunk) = self.chunk(&mut part).await? {
            size += chunk.len() as u64;
            if size > self.allowed.file {
                waiting.clear();
                // What is there of it takes no room any longer.
                if let Some(kept) = file.take() {
                    drop(kept);
                    fs::remove_file(path).map_err(|error| broken(&error))?;
                }
                continue;
            }
            waiting.extend_from_slice(&chunk);
            if waiting.len() >= PORTION {
                file = self.write(file, std::mem::take(&mut waiting), path).await?;
            }
        }
        let whole = file.is_some();
        self.write(file, waiting, path).await?;
        Ok((size, whole))
    }

    /// Writes a portion on a thread that may wait for the disk, and leaves room for what agents send.
    async fn write(&self, file: Option<File>, portion: Vec<u8>, path: &Path) -> Result<Option<File>, UploadError> {
        let Some(mut file) = file else { return Ok(None) };
        let (stays_free, folder) = (self.stays_free, path.parent().map(Path::to_path_buf).unwrap_or_default());
        let written = block(move || {
            if !(Disk { folder: &folder, stays_free }).has_room(portion.len() as u64)? {
                return Ok(None);
            }
            file.write_all(&portion)?;
            Ok::<_, std::io::Error>(Some(file))
        });
        match written.await {
            Ok(Ok(Some(file))) => Ok(Some(file)),
            Ok(Ok(None)) => Err(UploadError::NoRoom),
            Ok(Err(error)) => Err(broken(&error)),
            Err(_) => Err(UploadError::Broken),
        }
    }
}

fn fault(error: &MultipartError) -> UploadError {
    match error {
        MultipartError::Incomplete | MultipartError::Payload(PayloadError::Incomplete(_)) => UploadError::Truncated,
        MultipartError::Payload(PayloadError::Overflow) => UploadError::Malformed,
        MultipartError::Payload(_) => UploadError::Truncated,
        _ => UploadError::Malformed,
    }
}

/// What a fault of the disk means for who sends.
pub(crate) fn broken(error: &std::io::Error) -> UploadError {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    tracing::error!("a file that was sent cannot be kept: {error}");
    if matches!(error.kind(), StorageFull | QuotaExceeded) { UploadError::NoRoom } else { UploadError::Broken }
}

/// The last part of a name, for a line that people read.
pub(crate) fn printable(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name).trim();
    let shown: String = last.chars().take(NAME).map(|char| if char.is_control() { '?' } else { char }).collect();
    if shown.is_empty() { "?".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    /// Chunks, and then an end or silence.
    struct Chunks(VecDeque<Bytes>, bool);

    impl Stream for Chunks {
        type Item = Result<Bytes, PayloadError>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            match (self.0.pop_front(), self.1) {
                (Some(chunk), _) => Poll::Ready(Some(Ok(chunk))),
                (None, true) => Poll::Ready(None),
                (None, false) => Poll::Pending,
            }
        }
    }

    const ALLOWED: Allowed = Allowed { files: 3, file: 40, whole: 200, text: 20, memory: false };

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=b"));
        headers
    }

    fn field(name: &str, value: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    }

    fn file(name: &str, bytes: &str) -> String {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n");
        format!("{head}Content-Type: application/x\r\n\r\n{bytes}\r\n")
    }

    async fn sent(bytes: &[u8], chunk: usize, ends: bool, folder: &Path) -> Result<Upload, UploadError> {
        let chunks = bytes.chunks(chunk).map(Bytes::copy_from_slice).collect();
        let admits = |fields: &[(String, String)]| fields.iter().any(|(name, value)| name == "token" && value == "t");
        let disk = Disk { folder, stays_free: 0 };
        read_parts(&headers(), Chunks(chunks, ends), &ALLOWED, &Limits::default(), disk, admits).await
    }

    fn left(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[actix_web::test]
    async fn con_imp_1_files_have_names_for_people_and_numbers_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["..\\\\..\\\\evil.ocs", "/etc/é.ocs", ".."];
        let text = [field("token", "t"), names.map(|name| file(name, "abc")).concat(), "--b--\r\n".into()].concat();
        let upload = sent(text.as_bytes(), 7, true, folder.path()).await.unwrap();
        let named: Vec<&str> = upload.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(named, ["evil.ocs", "é.ocs", ".."]);
        assert_eq!((printable("a\u{1}\r\n.ocs").as_str(), printable("/").as_str()), ("a???.ocs", "?"));
        let path = upload.files[2].path.clone().unwrap();
        assert!(path.ends_with("2") && path.starts_with(folder.path()) && fs::read(&path).unwrap() == b"abc");
        assert_eq!(upload.fields, [("token".to_owned(), "t".to_owned())]);
        drop(upload);
        assert_eq!(left(folder.path()), 0);
        fs::create_dir(folder.path().join("left")).unwrap();
        sweep(folder.path());
        assert!(!folder.path().exists());
        sweep(folder.path());
    }

    #[actix_web::test]
    async fn con_imp_1_what_is_too_much_is_dropped_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let end = "--b--\r\n".to_owned();
        let long = [field("token", "t"), file("a", &"x".repeat(41)), file("b", &"y".repeat(40)), end.clone()].concat();
        let upload = sent(long.as_bytes(), 9, true, folder.path()).await.unwrap();
        let kept: Vec<_> = upload.files.iter().map(|file| (file.path.is_some(), file.size)).collect();
        assert_eq!(kept, [(false, 41), (true, 40)]);
        drop(upload);
        let many = [field("token", "t"), file("a", "x").repeat(5), end.clone()].concat();
        let upload = sent(many.as_bytes(), 100, true, folder.path()).await.unwrap();
        assert_eq!((upload.files.len(), upload.beyond), (3, 2));
        drop(upload);
        for bad in [
            [field("token", "t"), field("x", &"x".repeat(30)), end.clone()].concat(),
            [field("token", "t"), file("a", &"x".repeat(300)), end].concat(),
        ] {
            assert_eq!(sent(bad.as_bytes(), 50, true, folder.path()).await.unwrap_err(), UploadError::TooLarge);
        }
        assert_eq!(left(folder.path()), 0);
    }

    #[actix_web::test]
    async fn rel_8_what_would_take_the_room_of_inventories_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let text = [field("token", "t"), file("a", "abc"), "--b--\r\n".into()].concat();
        let chunks = Chunks([Bytes::from(text)].into(), true);
        let disk = Disk { folder: folder.path(), stays_free: u64::MAX };
        let read = read_parts(&headers(), chunks, &ALLOWED, &Limits::default(), disk, |_| true).await;
        assert_eq!(read.unwrap_err(), UploadError::NoRoom);
        assert_eq!(left(folder.path()), 0);
        for (kind, error) in [
            (std::io::ErrorKind::StorageFull, UploadError::NoRoom),
            (std::io::ErrorKind::QuotaExceeded, UploadError::NoRoom),
            (std::io::ErrorKind::PermissionDenied, UploadError::Broken),
        ] {
            assert_eq!(broken(&kind.into()), error);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn con_imp_1_a_slow_sender_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let text = [field("token", "t"), file("a", "abc")].concat();
        assert_eq!(sent(text.as_bytes(), 50, false, folder.path()).await.unwrap_err(), UploadError::TooSlow);
        assert_eq!(left(folder.path()), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// However the network cuts it, and wherever it ends.
        #[test]
        fn con_imp_1_a_form_is_whole_or_refused(chunk in 1usize..80, missing in 0usize..240, denied: bool) {
            let folder = tempfile::tempdir().unwrap();
            let token = if denied { "x" } else { "t" };
            let text = [&field("token", token), &file("a.ocs", "one\r\n--\r\ntwo"), "--b--\r\n"].concat();
            let sent = sent(&text.as_bytes()[..text.len() - missing.min(text.len())], chunk, true, folder.path());
            // The last two signs are the end of a line, which nothing needs.
            match actix_web::rt::System::new().block_on(sent) {
                Ok(upload) => {
                    prop_assert!(missing <= 2 && !denied);
                    let path = upload.files[0].path.clone().unwrap();
                    prop_assert_eq!(fs::read(path).unwrap(), b"one\r\n--\r\ntwo");
                }
                Err(error) => prop_assert!(missing > 0 || denied, "{error:?}"),
            }
            prop_assert_eq!(left(folder.path()), 0);
        }
    }
}
