//! Asks for the approval of an experiment, and approves one.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use chaos_approval::{Approval, ApprovalRequest, ExperimentHash, NAMESPACE, visible};
use chaos_core::adapter::HumanDuration;
use chaos_core::{Experiment, ExperimentFile, Format};
use chaos_lab::scenario::Suite;

use super::notify::Notices;
use super::run::ask;
use crate::arguments::{Approve, Request};
use crate::exit::{Exit, Usage};
use crate::output::print;

pub(crate) async fn request(arguments: &Request) -> Result<Exit> {
    let notices = Notices::begin(arguments.notified.notify.as_deref())?;
    let (file, name) = (arguments.file.display(), &arguments.experiment);
    let experiments = experiments(&arguments.file)?;
    let mut named = experiments.iter().filter(|one| one.name() == name);
    let Some(experiment) = named.next() else {
        bail!(Usage(format!("{file} has no experiment named {name:?}")));
    };
    let hash = ExperimentHash::of(experiment);
    let problem = format!("{file} has different experiments named {name:?}: rename all but one");
    let is_only = named.all(|other| ExperimentHash::of(other) == hash);
    ensure!(is_only, Usage(problem));
    let now = SystemTime::now();
    let from = arguments.from.map_or(now, SystemTime::from);
    let a_week_later = from.checked_add(ApprovalRequest::VALID).unwrap_or(from);
    let until = arguments.until.map_or(a_week_later, SystemTime::from);
    let request = ApprovalRequest::new(experiment, &arguments.by, now)?.valid(from, until)?;
    let request = request.consent(&arguments.consent);
    let path = beside(&arguments.file, name, "request");
    create(&path, &request.to_string())?;
    print(&request.to_string())?;
    print(&format!(
        "\nIt is in {path}. To approve it: chaos-lab approve {file} {path} --key ~/.ssh/id_ed25519",
        path = path.display()
    ))?;
    notices.request(&request, &path);
    notices.end().await;
    Ok(Exit::Passed)
}

/// The experiments of a file, or of all scenarios of a suite.
fn experiments(file: &Path) -> Result<Vec<Experiment>> {
    match Suite::read(file) {
        Ok(suite) => {
            let experiments = suite.scenarios().flat_map(|one| &one.experiments);
            Ok(experiments.cloned().collect())
        }
        // A suite has no such key outside its scenarios.
        Err(error) if error.key() == Some("experiments") => {
            Ok(ExperimentFile::read(file)?.into_experiments())
        }
        Err(error) => Err(error.into()),
    }
}

/// The path of a file for an experiment, in the directory of another file.
fn beside(file: &Path, experiment: &str, extension: &str) -> PathBuf {
    let name = experiment.replace(|char: char| !char.is_alphanumeric(), "-");
    file.with_file_name(format!("{name}.{extension}"))
}

/// Writes a new file; one that exists may be of worth.
fn create(path: &Path, text: &str) -> Result<()> {
    let mut file = File::create_new(path).with_context(|| path.display().to_string())?;
    Ok(file.write_all(text.as_bytes())?)
}

pub(crate) async fn approve(arguments: &Approve) -> Result<Exit> {
    let named = || arguments.request.display().to_string();
    let text = fs::read_to_string(&arguments.request).with_context(named)?;
    let request: ApprovalRequest = text.parse().with_context(named)?;
    print(&explanation(&request, &arguments.file)?)?;
    if !arguments.yes {
        ask("your signature is needed", "Approve it?").await?;
    }
    let signature = sign(&request.to_string(), &arguments.key)?;
    let approval = Approval::new(&request, &signature)?.to_string();
    let path = beside(&arguments.request, request.experiment(), "approval");
    create(&path, &approval)?;
    let format = Format::of_path(&arguments.file);
    let (file, entry) = (arguments.file.display(), entry(&approval, format));
    print(&format!(
        "\nIt is in {}. Add it to `approvals` in {file}:\n",
        path.display()
    ))?;
    print(&entry)?;
    Ok(Exit::Passed)
}

/// What is approved: the request, and the experiment, which its hash alone does not show.
fn explanation(request: &ApprovalRequest, file: &Path) -> Result<String> {
    let experiments = experiments(file)?;
    let is_asked = |hash: ExperimentHash| hash == *request.hash();
    let mut experiments = experiments.into_iter();
    let Some(experiment) = experiments.find(|one| is_asked(ExperimentHash::of(one))) else {
        let problem = "has no experiment with the hash of the request: it may have changed since";
        bail!(Usage(format!("{} {problem}", file.display())));
    };
    let rendered = ExperimentFile::new(vec![experiment]).render(Format::Yaml)?;
    let ago = SystemTime::now().duration_since(request.asked());
    let ago = match ago {
        Ok(ago) => format!("{} ago", HumanDuration(Duration::from_secs(ago.as_secs()))),
        Err(_) => "in the future".to_owned(),
    };
    Ok(visible(&format!(
        "{rendered}\n{request}\nIt was asked for {ago}. With your signature you confirm that, and who asked."
    )))
}

/// Signs a text with `ssh-keygen`, which asks for a passphrase itself.
fn sign(text: &str, key: &Path) -> Result<String> {
    let mut command = Command::new("ssh-keygen");
    command
        .args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"])
        .arg(key);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().context("`ssh-keygen` can't be started")?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has ended by now says why itself.
        let _ = stdin.write_all(text.as_bytes());
    }
    let output = child.wait_with_output()?;
    let problem = format!("`ssh-keygen` could not sign with {}", key.display());
    ensure!(output.status.success(), Usage(problem));
    Ok(String::from_utf8(output.stdout)?)
}

/// The approval as it stands in the file of the experiment.
fn entry(approval: &str, format: Option<Format>) -> String {
    if format != Some(Format::Yaml) {
        // A text of JSON is one of TOML, too.
        return serde_json::Value::from(approval).to_string();
    }
    let lines = approval.lines().map(|line| format!("\n    {line}"));
    format!("approvals:\n  - |{}", lines.collect::<String>())
}
