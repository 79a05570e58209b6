//! `preflight sandbox`.

use super::output;
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use idenfy_preflight::{
    sandbox::{Fault, LimitCounts, Sandbox, Settings, TokenFields},
    submit::Credentials,
};
use std::{net::SocketAddr, time::Duration};

/// Run a local server with the API's documented rules. `GET /` lists what is assumed.
///
/// It takes calls with the credentials in IDENFY_API_KEY and IDENFY_API_SECRET.
#[derive(Args)]
pub struct Serve {
    /// Where to listen; loopback addresses alone.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Whether a refused call spends its token.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    token_burns_on_error: bool,
    /// What the 20 MB count.
    #[arg(long, value_name = "WHAT", default_value = "body", value_parser = named(&LimitCounts::ALL))]
    limit_counts: LimitCounts,
    /// The field that carries the token.
    #[arg(long, value_name = "NAME", default_value = "either", value_parser = named(&TokenFields::ALL))]
    token_field: TokenFields,
    /// Whether an image that the session does not ask for refuses the call.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    refuse_unasked: bool,
    /// Whether FRONT and BACK are looked at, by this program's own measures.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    photo_check: bool,
    /// Whether the contract has direct processing.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    contract: bool,
    /// How long every answer takes.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    latency: u64,
    /// What goes wrong with calls to /api/v2/process.
    #[arg(long, default_value = "none", value_parser = named(&Fault::ALL))]
    fault: Fault,
    /// The key that signs webhooks; the API secret when it is not given. Other users of the machine can read
    /// arguments: the variable is the better place.
    #[arg(long, value_name = "KEY", env = "IDENFY_WEBHOOK_KEY", hide_env_values = true)]
    webhook_key: Option<String>,
}

/// One of these, by its name.
fn named<T: Copy + Send + Sync + 'static>(all: &'static [(&'static str, T)]) -> impl TypedValueParser<Value = T> {
    let find = |name: String| all.iter().find(|one| one.0 == name).map(|one| one.1).ok_or("there is no such value");
    PossibleValuesParser::new(all.iter().map(|one| one.0)).try_map(find)
}

pub fn run(args: &Serve) -> Result<u8, String> {
    let credentials = Credentials::from_env().map_err(|e| e.to_string())?;
    let mut settings = Settings::default();
    settings.contract = args.contract;
    settings.token_burns_on_error = args.token_burns_on_error;
    settings.limit_counts = args.limit_counts;
    settings.token_field = args.token_field;
    settings.refuse_unasked = args.refuse_unasked;
    settings.photo_check = args.photo_check;
    settings.latency = Duration::from_millis(args.latency);
    settings.fault = args.fault;
    settings.webhook_key = args.webhook_key.clone();
    let sandbox =
        Sandbox::start(args.listen, credentials, settings).map_err(|e| format!("--listen {}: {e}", args.listen))?;
    output::print(&format!("listening on http://{}\n", sandbox.address()), false)?;
    sandbox.wait();
    Ok(0)
}
