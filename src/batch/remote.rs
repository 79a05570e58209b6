//! Images and bodies in stores: S3, Google Cloud Storage, Azure Blob Storage, or behind HTTP, by `object_store`.
//!
//! Its retries hold (of failed requests, and of answers that break off, from where they broke), its environment
//! variables name credentials and endpoints (`AWS_…`, `GOOGLE_…`, `AZURE_…`).

use super::{bodies::Bodies, line::short};
use futures_util::StreamExt;
use object_store::{Error, GetResult, ObjectStore, ObjectStoreExt, path::Path};
use std::{
    collections::HashMap,
    fmt, io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use tokio::runtime::{Handle, Runtime};
use url::{Position, Url};

/// Stores that were opened, by what stands before the path. Connections are shared by all threads.
#[derive(Default)]
pub(super) struct Stores {
    runtime: OnceLock<Result<Runtime, String>>,
    open: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stores")
    }
}

/// An object whose size is known and whose bytes are to come.
pub(super) struct Object {
    /// Its bytes, as the store says.
    pub size: u64,
    got: GetResult,
    runtime: Handle,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} bytes)", self.size)
    }
}

/// A URI that can be opened.
///
/// # Errors
/// What is wrong with it.
pub(super) fn uri(text: &str) -> Result<Url, String> {
    let uri = Url::parse(text).map_err(|e| format!("{}: it is no URI ({e})", short(text)))?;
    if uri.password().is_some() {
        return Err("the URI holds a password, which belongs into the environment".into());
    }
    // `object_store` asks for the path alone.
    if uri.query().is_some() {
        let bare = &uri[..Position::AfterPath];
        return Err(format!("{}: URIs with a query (signed ones) are not opened", short(bare)));
    }
    Ok(uri)
}

impl Stores {
    fn runtime(&self) -> Result<&Handle, String> {
        let made = self.runtime.get_or_init(|| {
            // The HTTP library takes whatever the process has; another choice of the caller's stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(2).thread_name("preflight-net").enable_all();
            builder.build().map_err(|e| format!("threads for the network cannot be started ({e})"))
        });
        made.as_ref().map(Runtime::handle).map_err(String::clone)
    }

    /// The store of a URI, and the place in it.
    fn store(&self, uri: &Url) -> Result<(Arc<dyn ObjectStore>, Path), Error> {
        let known = |key: &str| self.open.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        let key = &uri[..Position::BeforePath];
        // Of two parts of the world the bucket stands in the path: then each object has a store of its own.
        let plain = !matches!(uri.scheme(), "http" | "https") || !uri.host_str().is_some_and(of_a_cloud);
        if plain && let Some(store) = known(key) {
            return Ok((store, Path::from_url_path(uri.path())?));
        }
        let (store, path) = object_store::parse_url_opts(uri, settings(uri))?;
        let store: Arc<dyn ObjectStore> = Arc::from(store);
        if plain {
            self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), store.clone());
        }
        Ok((store, path))
    }

    /// Asks for an object; its bytes wait until they are read.
    pub fn open(&self, uri: &Url) -> Result<Object, String> {
        let runtime = self.runtime()?;
        let told = |e: Error| format!("{}: {}", short(uri.as_str()), told(&e));
        let (store, path) = self.store(uri).map_err(told)?;
        let got = runtime.block_on(store.get(&path)).map_err(told)?;
        Ok(Object { size: got.meta.size, got, runtime: runtime.clone() })
    }
}

impl Object {
    /// Reads all of it; `size` bounds what is allocated.
    pub fn read(self) -> Result<Vec<u8>, String> {
        let size = usize::try_from(self.size).map_err(|_| "it is too large")?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size).map_err(|_| "there is not enough memory to read it")?;
        self.runtime.block_on(async {
            let mut stream = self.got.into_stream();
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map_err(|e| told(&e))?;
                if bytes.len().saturating_add(chunk.len()) > size {
                    return Err("more bytes came than the store had said".into());
                }
                bytes.extend_from_slice(&chunk);
            }
            if bytes.len() == size { Ok(bytes) } else { Err("fewer bytes came than the store had said".to_owned()) }
        })
    }
}

fn of_a_cloud(host: &str) -> bool {
    ["windows.net", "fabric.microsoft.com", "amazonaws.com", "cloudflarestorage.com"]
        .iter()
        .any(|end| host.ends_with(end))
}

/// Our settings, then the environment's.
fn settings(uri: &Url) -> Vec<(String, String)> {
    let own = [
        // An object may wait for room in the window: what counts is that bytes come while they are read.
        ("timeout", "1h"),
        ("read_timeout", "30s"),
        ("allow_http", if uri.scheme() == "http" { "true" } else { "false" }),
    ];
    let named = |name: &str| ["AWS_", "GOOGLE_", "AZURE_"].iter().any(|start| name.starts_with(start));
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    own.chain(environment.filter(|(name, _)| named(name))).collect()
}

/// A store's error in few words.
fn told(error: &Error) -> String {
    match error {
        Error::NotFound { .. } => "there is no such object".into(),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => "the store denies access".into(),
        Error::NotImplemented { .. } | Error::NotSupported { .. } => "the store does not offer this".into(),
        other => {
            let text = other.to_string();
            format!(
                "the store fails ({})",
                text.char_indices().nth(300).map_or(&*text, |(at, _)| text.get(..at).unwrap_or_default())
            )
        }
    }
}

/// A place in a store that takes bodies.
///
/// ```
/// use idenfy_preflight::batch::Bucket;
/// assert!(Bucket::open("s3://bucket/run-1").is_ok()); // credentials are looked for when it is written to
/// assert!(Bucket::open("nonsense").is_err());
/// ```
#[derive(Debug)]
pub struct Bucket {
    stores: Stores,
    base: Url,
}

impl Bucket {
    /// A place by its URI, such as `s3://bucket/run-1`. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// What is wrong with the URI.
    ///
    /// ```
    /// use idenfy_preflight::batch::Bucket;
    /// let told = Bucket::open("no address").unwrap_err();
    /// println!("{told}");
    /// ```
    pub fn open(text: &str) -> Result<Self, String> {
        let mut base = uri(text)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let bucket = Self { stores: Stores::default(), base };
        bucket.stores.runtime()?;
        bucket.stores.store(&bucket.base).map_err(|e| format!("{}: {}", bucket.base, told(&e)))?;
        Ok(bucket)
    }
}

impl Bodies for Bucket {
    fn put(&self, name: &str, _: u64, body: Vec<u8>) -> io::Result<()> {
        let put = || {
            let runtime = self.stores.runtime()?;
            let uri = self.base.join(name).map_err(|e| e.to_string())?;
            let (store, path) = self.stores.store(&uri).map_err(|e| told(&e))?;
            runtime.block_on(store.put(&path, body.into())).map_err(|e| told(&e))
        };
        put().map(drop).map_err(|what: String| io::Error::other(format!("{}{name}: {what}", self.base)))
    }
}
