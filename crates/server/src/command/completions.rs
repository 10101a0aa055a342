//! `anteroom completions`: what a shell needs to complete our command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Failure, Line};

const NOTES: &str = "\
Examples:
  bash, for this user
      anteroom completions bash > ~/.local/share/bash-completion/completions/anteroom
  zsh, into a folder of $fpath
      anteroom completions zsh > ~/.zfunc/_anteroom
  fish
      anteroom completions fish > ~/.config/fish/completions/anteroom.fish";

/// Print what a shell needs to complete commands, interfaces and options
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Line::command(), "anteroom", &mut script);
    super::print_line(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_completes_interfaces_and_their_options() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Line::command(), "anteroom", &mut script);
            let script = String::from_utf8(script).expect("a script is text");
            for wanted in ["private-calls", "agentgroup/teamagentstatusinfo", "agents", "is-skill-all-match"] {
                assert!(script.contains(wanted), "{shell}: {wanted}");
            }
        }
    }
}
