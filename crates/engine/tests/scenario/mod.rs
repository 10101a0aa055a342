//! A script in floor words becomes commands; what the engine says becomes lines.

mod floor;
mod stage;
mod tell;
mod why;
mod words;

pub use stage::Stage;

/// Plays a script and gives it back with the lines that the engine's answers make.
///
/// # Panics
/// When a line cannot be read, or the replay of what happened is not what happened.
pub fn play(name: &str, script: &str) -> String {
    let mut stage = Stage::default();
    let mut played = String::new();
    for (index, line) in script.lines().enumerate() {
        if line.starts_with("      ") {
            continue;
        }
        played.push_str(line.trim_end());
        played.push('\n');
        for answer in stage.line(line).unwrap_or_else(|error| panic!("{name}, line {}: {error}: {line}", index + 1)) {
            played.push_str("        ");
            played.push_str(&answer);
            played.push('\n');
        }
    }
    stage.check_replay();
    played
}
