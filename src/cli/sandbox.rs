//! `preflight sandbox`.

use super::output;
use clap::{
    Args, ValueEnum,
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
    #[arg(long, value_enum, default_value = "body")]
    limit_counts: Counts,
    /// The field that carries the token.
    #[arg(long, value_enum, default_value = "either")]
    token_field: Fields,
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
    #[arg(long, default_value = "none", value_parser = fault())]
    fault: Fault,
    /// The key that signs webhooks; the API secret when it is not given. Other users of the machine can read
    /// arguments: the variable is the better place.
    #[arg(long, value_name = "KEY", env = "IDENFY_WEBHOOK_KEY", hide_env_values = true)]
    webhook_key: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Counts {
    Body,
    Images,
}

#[derive(Clone, Copy, ValueEnum)]
enum Fields {
    #[value(name = "token")]
    Token,
    #[value(name = "authToken")]
    AuthToken,
    Either,
}

fn fault() -> impl TypedValueParser<Value = Fault> {
    let named = |name: String| Fault::ALL.iter().find(|f| f.0 == name).map(|f| f.1).unwrap_or_default();
    PossibleValuesParser::new(Fault::ALL.map(|f| f.0)).map(named)
}

pub fn run(args: &Serve) -> Result<u8, String> {
    let credentials = Credentials::from_env().map_err(|e| e.to_string())?;
    let mut settings = Settings::default();
    settings.contract = args.contract;
    settings.token_burns_on_error = args.token_burns_on_error;
    settings.limit_counts = match args.limit_counts {
        Counts::Body => LimitCounts::Body,
        Counts::Images => LimitCounts::Images,
    };
    settings.token_field = match args.token_field {
        Fields::Token => TokenFields::Token,
        Fields::AuthToken => TokenFields::AuthToken,
        Fields::Either => TokenFields::Either,
    };
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
