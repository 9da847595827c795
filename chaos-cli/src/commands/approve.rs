//! Approves an experiment.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use chaos_approval::{Approval, ApprovalRequest, ExperimentHash, NAMESPACE, visible};
use chaos_core::adapter::HumanDuration;
use chaos_core::{ExperimentFile, Format};

use super::request::{beside, create, experiments};
use super::run::ask;
use crate::arguments::Approve;
use crate::exit::{Exit, Usage};
use crate::output::print;

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
        return Err(Usage(format!("{} {problem}", file.display())).into());
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
    if !output.status.success() {
        return Err(Usage(format!(
            "`ssh-keygen` could not sign with {}",
            key.display()
        ))
        .into());
    }
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
