//! Whether the tasks that the edge cannot do without still run.

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Runs the edge's tasks, and tells when one ended that nobody had stopped: by a fault of ours. What it held is lost
/// then, so the edge is broken for good, and stays so until the process starts anew.
#[derive(Clone, Debug, Default)]
pub struct Vitals(watch::Sender<State>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Running,
    Broken(&'static str),
    Stopping,
}

/// Dropped when its task is over, also by a panic.
struct Pulse {
    part: &'static str,
    vitals: Vitals,
}

impl Vitals {
    /// Runs a part of the edge as a task. Must be called inside a Tokio runtime.
    pub fn run(&self, part: &'static str, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let pulse = Pulse { part, vitals: self.clone() };
        tokio::spawn(async move {
            let _pulse = pulse;
            task.await;
        })
    }

    /// From now on tasks may end. What is broken stays broken.
    pub fn stopping(&self) {
        self.leave_running(State::Stopping);
    }

    /// The part that broke first, if one did.
    #[must_use]
    pub fn broken(&self) -> Option<&'static str> {
        self.0.borrow().broken()
    }

    /// Waits until a part breaks, and names it.
    pub async fn breaks(&self) -> &'static str {
        let mut states = self.0.subscribe();
        loop {
            if let Some(part) = states.borrow_and_update().broken() {
                return part;
            }
            // Never an error: `self` holds the sender.
            let _ = states.changed().await;
        }
    }

    fn leave_running(&self, state: State) {
        self.0.send_if_modified(|now| {
            let is_running = *now == State::Running;
            if is_running {
                *now = state;
            }
            is_running
        });
    }
}

impl State {
    const fn broken(self) -> Option<&'static str> {
        match self {
            Self::Broken(part) => Some(part),
            Self::Running | Self::Stopping => None,
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.vitals.leave_running(State::Broken(self.part));
    }
}

#[cfg(test)]
mod tests {
    use super::Vitals;

    #[tokio::test]
    async fn a_task_that_panics_is_named() {
        let vitals = Vitals::default();
        let watched = vitals.clone();
        let waiting = tokio::spawn(async move { watched.breaks().await });
        let idle = vitals.run("door", std::future::pending());
        assert_eq!(vitals.broken(), None);
        let broken = vitals.run("switchboard", async { panic!("a fault for the test") });
        assert!(broken.await.is_err_and(|error| error.is_panic()));
        assert_eq!(waiting.await.unwrap(), "switchboard");
        idle.abort();
        assert!(idle.await.is_err());
        assert_eq!(vitals.broken(), Some("switchboard"), "the first one counts");
        assert_eq!(vitals.breaks().await, "switchboard", "also for who asks later");
    }

    #[tokio::test]
    async fn a_task_that_ends_though_nobody_stopped_it_is_broken_too() {
        let vitals = Vitals::default();
        vitals.run("door", async {}).await.unwrap();
        assert_eq!(vitals.broken(), Some("door"));
        vitals.stopping();
        assert_eq!(vitals.broken(), Some("door"), "what is broken stays broken");
    }

    #[tokio::test]
    async fn after_the_stop_tasks_may_end() {
        let vitals = Vitals::default();
        let task = vitals.run("door", std::future::pending());
        vitals.stopping();
        task.abort();
        assert!(task.await.is_err());
        assert_eq!(vitals.broken(), None);
    }
}
