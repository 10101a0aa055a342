//! The threads that serve: calls come before questions (decision 0026).

use tokio::runtime::{Builder, Runtime};

use crate::command::Failure;

/// How much nicer the threads of the faces are: one that has work for a call gets nine times their time.
const NICER: i32 = 10;

/// Both sets of threads, with as many in each.
#[derive(Debug)]
pub(crate) struct Runtimes {
    /// For SIP: what rings and is decided.
    pub(crate) edge: Runtime,
    /// For HTTP and the history: what is asked.
    pub(crate) faces: Runtime,
}

impl Runtimes {
    /// With so many threads each; none: as many as there are processors.
    pub(crate) fn start(threads: Option<usize>) -> Result<Self, Failure> {
        let builder = |name| {
            let mut builder = Builder::new_multi_thread();
            threads.map(|threads| builder.worker_threads(threads));
            builder.thread_name(name).enable_all();
            builder
        };
        let edge = builder("edge").build().map_err(|error| Failure::of(&error))?;
        let faces = builder("faces").on_thread_start(give_way).build().map_err(|error| Failure::of(&error))?;
        Ok(Self { edge, faces })
    }
}

/// Has this thread run behind those that serve calls, where there are not processors enough for all.
pub(crate) fn give_way() {
    // A system without priorities serves all alike.
    let _ = rustix::process::nice(NICER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threads_of_the_faces_are_nicer_than_those_of_calls() {
        let runtimes = Runtimes::start(Some(1)).expect("threads can be started");
        let niceness = |runtime: &Runtime| {
            let asked = runtime.spawn(async { rustix::process::nice(0).expect("a thread knows its priority") });
            runtime.block_on(asked).expect("the thread answers")
        };
        assert_eq!(niceness(&runtimes.faces), niceness(&runtimes.edge) + NICER);
    }
}
