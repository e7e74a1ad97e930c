//! The words of the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::exit::LIST;

/// An OCS Inventory server in one executable.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, after_help = "Example: rollcall --data /srv/rollcall serve", after_long_help = LIST)]
pub struct Args {
    /// The data folder
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The settings file, instead of config.toml in the data folder
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do; without it: serve
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server in the foreground; Ctrl-C ends it
    Serve(Run),
    /// Import inventories from files, archives and folders
    Import(Import),
    /// Accounts of the console
    User(User),
    /// Certificates
    Cert(Cert),
    /// Verify everything that is stored
    Check(Check),
    /// The audit log
    Audit(Audit),
    /// The agent kit as a folder, or what goes onto a USB stick: settings, scripts and the certificate for agents of this server
    Kit(MakeKit),
    /// The settings that apply, and where each comes from
    Config(Config),
    /// The options of the console, for scripts
    Option(Options),
    /// Everything that is stored about one computer
    Show(Show),
    /// Change a computer
    Computer(Computer),
    /// How the running server is
    Status(Status),
    /// Try it: an invented office in a temporary folder, for this machine only; Ctrl-C ends it
    Demo(Demo),
    /// Rollcall as a service of this machine: it starts with the machine, and nobody has to be logged in
    Service(Service),
    /// Open a suspect file, for the server that starts
    #[command(hide = true)]
    Verify(Verify),
}

/// Arguments of `serve`.
#[derive(Debug, Default, clap::Args)]
#[command(
    after_help = "Example: rollcall serve --http 127.0.0.1:0 --https off\n\nA second site that serves the packages of a \
main server: rollcall --data /srv/packages serve --replica-of https://ocs.example.net --replica-ca cacert.pem"
)]
pub struct Run {
    /// Where it listens
    #[command(flatten)]
    pub ports: Serve,
    /// Serve the packages of this main server at a second site, and nothing else
    #[arg(long, value_name = "URL")]
    pub replica_of: Option<String>,
    /// The main server's cacert.pem; at the first start
    #[arg(long, value_name = "FILE")]
    pub replica_ca: Option<String>,
    /// A file with the token that the main server's console made; at the first start. Without it,
    /// ROLLCALL_REPLICA_TOKEN counts, or the token is asked for
    #[arg(long, value_name = "FILE")]
    pub replica_token_file: Option<String>,
    /// Started by a shortcut: as after a double-click
    #[arg(long, hide = true)]
    pub window: bool,
}

impl Run {
    /// The flags as settings.
    pub fn flags(&self) -> Vec<(&'static str, &'static str, String)> {
        let mut flags = self.ports.flags();
        let more = [
            ("--replica-of", "replica.of", &self.replica_of),
            ("--replica-ca", "replica.ca", &self.replica_ca),
            ("--replica-token-file", "replica.token_file", &self.replica_token_file),
        ];
        flags.extend(more.into_iter().filter_map(|(flag, name, value)| Some((flag, name, value.clone()?))));
        flags
    }
}

/// Where a server listens.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Example: rollcall serve --http 127.0.0.1:0 --https off")]
pub struct Serve {
    /// Where HTTP is served: auto, off, or addresses such as [::]:80; port 0 is a free one
    #[arg(long, value_name = "ADDR")]
    pub http: Option<String>,
    /// Where HTTPS is served
    #[arg(long, value_name = "ADDR")]
    pub https: Option<String>,
}

impl Serve {
    /// The flags as settings.
    pub fn flags(&self) -> Vec<(&'static str, &'static str, String)> {
        let http = self.http.clone().map(|value| ("--http", "web.http", value));
        let https = self.https.clone().map(|value| ("--https", "web.https", value));
        http.into_iter().chain(https).collect()
    }
}

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall import /media/stick pc-1.ocs\n\nWith --json each file is one line, \
{\"name\",\"result\",\"computer\",\"computer_name\",\"reason\"}, and the last line is {\"inventoried\",\"errors\"}.")]
pub struct Import {
    /// One JSON object a line instead of sentences
    #[arg(long)]
    pub json: bool,
    /// Also take files that are older than what is stored
    #[arg(long)]
    pub accept_older: bool,
    /// Files (.ocs, .xml, .json, .zip) and folders
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Arguments of `user`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall user password marie")]
pub struct User {
    /// What to do
    #[command(subcommand)]
    pub command: UserCommand,
}

/// Commands of `user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List the accounts
    #[command(after_help = "Example: rollcall user list --json")]
    List {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Add an account
    #[command(
        after_help = "Example: echo 'a good long password' | rollcall user add marie --role admin --password-stdin"
    )]
    Add {
        /// Name of the account
        name: String,
        /// user, technician or admin
        #[arg(long, default_value = "user")]
        role: String,
        /// Read the password from the standard input without asking
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set the password of an account, or make a code to choose a new one with
    #[command(after_help = "Example: rollcall user password marie --code")]
    Password {
        /// Name of the account
        name: String,
        /// Read the password from the standard input without asking
        #[arg(long)]
        password_stdin: bool,
        /// Make a code with which a new password is chosen in the console
        #[arg(long, conflicts_with = "password_stdin")]
        code: bool,
    },
    /// Give an account another role
    #[command(after_help = "Example: rollcall user role marie technician")]
    Role {
        /// Name of the account
        name: String,
        /// user, technician or admin
        role: String,
    },
    /// Delete an account
    #[command(after_help = "Example: rollcall user delete marie")]
    Delete {
        /// Name of the account
        name: String,
    },
}

/// Arguments of `cert`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall cert export-ca -o cacert.pem")]
pub struct Cert {
    /// What to do
    #[command(subcommand)]
    pub command: CertCommand,
}

/// Commands of `cert`.
#[derive(Debug, Subcommand)]
pub enum CertCommand {
    /// Show the certificates with their names, times and fingerprints
    #[command(after_help = "Example: rollcall cert show")]
    Show {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Write the certificate of the authority, which agents need
    #[command(after_help = "Example: rollcall cert export-ca -o cacert.pem")]
    ExportCa {
        /// The file to write; without it, the standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Make a new server certificate now
    #[command(after_help = "Example: rollcall cert renew")]
    Renew,
    /// Make a request that your own authority signs; its key stays here
    #[command(
        after_help = "Example: rollcall cert csr --country FR --organization Office --names ocs.office.lan -o rollcall.csr"
    )]
    Csr {
        /// Country, two letters
        #[arg(long, default_value = "")]
        country: String,
        /// State or province
        #[arg(long, default_value = "")]
        state: String,
        /// City
        #[arg(long, default_value = "")]
        city: String,
        /// Organisation
        #[arg(long, default_value = "")]
        organization: String,
        /// Unit
        #[arg(long, default_value = "")]
        unit: String,
        /// Common name; without it, the first of the names
        #[arg(long, default_value = "")]
        name: String,
        /// E-mail address
        #[arg(long, default_value = "")]
        email: String,
        /// Names and addresses, with commas in between; without it, those by which this server is known
        #[arg(long, value_delimiter = ',')]
        names: Vec<String>,
        /// The file to write; without it, the standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Serve a certificate of your own authority: itself, those in between and the authority, and its key unless the
    /// request was made here
    #[command(after_help = "Example: rollcall cert install server.pem chain.pem")]
    Install {
        /// PEM or DER, in any order
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Go back to the certificate that the server makes itself
    #[command(after_help = "Example: rollcall cert builtin")]
    Builtin,
}

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall audit verify")]
pub struct Audit {
    /// What to do
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// Commands of `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Find entries that were changed or removed; each holds a digest of the one before
    #[command(after_help = "Example: rollcall audit verify --json")]
    Verify {
        /// For programs
        #[arg(long)]
        json: bool,
    },
}

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall check --compact")]
pub struct Check {
    /// Make the file of the database as small as it can be, when nothing is wrong
    #[arg(long)]
    pub compact: bool,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `kit`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: rollcall kit agent-kit --server ocs.office.lan --tag Accounting\n\nFor a stick: rollcall kit \
--usb /media/stick --server ocs.office.lan"
)]
pub struct MakeKit {
    /// The folder to write; nothing in it is replaced
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// For a USB stick: scripts that write the inventory of a computer without a network onto it
    #[arg(long)]
    pub usb: bool,
    /// Name or address under which computers reach the server
    #[arg(long, value_name = "NAME")]
    pub server: String,
    /// Plain HTTP instead of HTTPS
    #[arg(long)]
    pub plain: bool,
    /// Port of the server; without it 443, with --plain 80
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Port of plain HTTP, for agents of the first generation; 0 for none
    #[arg(long, default_value_t = 80, conflicts_with = "plain")]
    pub plain_port: u16,
    /// TAG of the computers
    #[arg(long, default_value = "")]
    pub tag: String,
    /// Language of the read-me: en or fr
    #[arg(long, default_value = "en", value_name = "LANG")]
    pub lang: String,
    /// A first inventory at once, when an agent is installed
    #[arg(long)]
    pub now: bool,
    /// Agents for Windows show an icon beside the clock
    #[arg(long)]
    pub tray: bool,
}

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall config --sample > config.toml")]
pub struct Config {
    /// Print a settings file with every setting, its meaning and its default
    #[arg(long, conflicts_with = "json")]
    pub sample: bool,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `option`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall option set PROLOG_FREQ 12")]
pub struct Options {
    /// What to do
    #[command(subcommand)]
    pub command: OptionCommand,
}

/// Commands of `option`.
#[derive(Debug, Subcommand)]
pub enum OptionCommand {
    /// List the options with their values
    #[command(after_help = "Example: rollcall option list --json")]
    List {
        /// The values that count for this computer, of options that can differ
        #[arg(long, value_name = "DEVICEID")]
        computer: Option<String>,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Print the value of an option
    #[command(after_help = "Example: rollcall option get FREQUENCY")]
    Get {
        /// Name of the option
        name: String,
        /// The value that counts for this computer
        #[arg(long, value_name = "DEVICEID")]
        computer: Option<String>,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Change an option
    #[command(after_help = "Example: rollcall option set FREQUENCY -1 --computer pc-1-2026-02-03-08-15-42")]
    Set {
        /// Name of the option
        name: String,
        /// The value
        #[arg(allow_negative_numbers = true, required_unless_present = "default", conflicts_with = "default")]
        value: Option<String>,
        /// Go back to the default; with --computer, to the general value
        #[arg(long)]
        default: bool,
        /// Change the value of this computer only
        #[arg(long, value_name = "DEVICEID")]
        computer: Option<String>,
    },
}

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall show pc-1-2026-02-03-08-15-42 --json")]
pub struct Show {
    /// The device id of the computer, or its number
    #[arg(value_name = "DEVICEID")]
    pub computer: String,
    /// For programs
    #[arg(long, conflicts_with = "xml")]
    pub json: bool,
    /// As an inventory that can be imported again
    #[arg(long)]
    pub xml: bool,
}

/// Arguments of `computer`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall computer tag pc-1-2026-02-03-08-15-42 ACCOUNTING")]
pub struct Computer {
    /// What to do
    #[command(subcommand)]
    pub command: ComputerCommand,
}

/// Commands of `computer`.
#[derive(Debug, Subcommand)]
pub enum ComputerCommand {
    /// Give a computer another TAG
    #[command(after_help = "Example: rollcall computer tag pc-1-2026-02-03-08-15-42 ACCOUNTING")]
    Tag {
        /// The device id of the computer, or its number
        #[arg(value_name = "DEVICEID")]
        computer: String,
        /// The new TAG
        #[arg(value_name = "NEWTAG")]
        tag: String,
    },
}

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall status --json")]
pub struct Status {
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `service`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall service install && rollcall service start")]
pub struct Service {
    /// What to do
    #[command(subcommand)]
    pub command: ServiceCommand,
}

/// Commands of `service`. Each may be repeated.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Make the service, or change it
    #[command(
        after_help = "Example: rollcall --data /srv/rollcall service install --http 8080 --https 8443\n\nA second site: \
rollcall service install --replica-of https://ocs.example.net --replica-ca cacert.pem --replica-token-file token.txt\n\n\
What the two files hold is copied into the data folder; they are not needed afterwards."
    )]
    Install(Install),
    /// Say whether the ports are free: for the installer
    #[command(hide = true, after_help = "Example: rollcall service ports --http 80 --https 443")]
    Ports(Serve),
    /// Copy what another version may change: for the installer, while the service does not run
    #[command(hide = true, after_help = "Example: rollcall --data FOLDER service keep")]
    Keep,
    /// Go back to that copy
    #[command(hide = true, after_help = "Example: rollcall --data FOLDER service restore")]
    Restore,
    /// Be the service: for the manager of services of Windows only
    #[command(hide = true, after_help = "Example: rollcall --data FOLDER service run --http 80")]
    Run(Run),
    /// Stop the service and remove it; the data stay
    #[command(after_help = "Example: rollcall service uninstall")]
    Uninstall,
    /// Start the service, and wait until it answers
    #[command(after_help = "Example: rollcall service start")]
    Start,
    /// Stop the service, and wait until it has ended
    #[command(after_help = "Example: rollcall service stop")]
    Stop,
    /// Say how the service is
    #[command(after_help = "Example: rollcall service status\n\nThe exit code is 0 when it runs, else 1.")]
    Status,
}

/// Arguments of `service install`.
#[derive(Debug, clap::Args)]
pub struct Install {
    /// Where it listens, and whose second site it is. Certificate and token are copied into the data folder: the account of
    /// the service need not be able to read the files
    #[command(flatten)]
    pub run: Run,
    /// For setups: the program lies in a folder that was made for it, whose rights are set, and nothing is copied; a second
    /// site stays one
    #[arg(long, hide = true)]
    pub in_place: bool,
}

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall demo --computers 500\n\nWith --data the office is made in that folder, \
which must be empty, and stays there.")]
pub struct Demo {
    /// How many computers
    #[arg(long, default_value_t = 120)]
    pub computers: u64,
    /// Another number is another office
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Port of the console; 0 is a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
}

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: rollcall --data /srv/rollcall verify --everything")]
pub struct Verify {
    /// Read every record as well
    #[arg(long)]
    pub everything: bool,
    /// End when the standard input ends, which is when the server that asked has ended
    #[arg(long)]
    pub for_server: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_words_are_consistent_and_every_command_has_an_example() {
        fn look(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Example: "), "{}", command.get_name());
            command.get_subcommands().for_each(look);
        }
        Args::command().debug_assert();
        look(&Args::command());
    }

    #[test]
    fn negative_values_are_values() {
        let args = Args::try_parse_from(["rollcall", "option", "set", "FREQUENCY", "-1", "--computer", "x"]).unwrap();
        let Some(Command::Option(Options { command: OptionCommand::Set { value, computer, .. } })) = args.command
        else {
            panic!()
        };
        assert_eq!((value.as_deref(), computer.as_deref()), (Some("-1"), Some("x")));
        let default = Args::try_parse_from(["rollcall", "option", "set", "FREQUENCY", "--default"]).unwrap();
        assert!(matches!(
            default.command,
            Some(Command::Option(Options { command: OptionCommand::Set { value: None, default: true, .. } }))
        ));
        assert!(Args::try_parse_from(["rollcall", "option", "set", "FREQUENCY"]).is_err());
    }
}
