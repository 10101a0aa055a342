//! Each decision is judged: by the model, by the laws, by its replay.

use std::sync::Arc;

use engine::{Command, Entry, Event, Rejection};
use node::replica::{Replica, Verdict};
use node::{Receipt, Record};

use crate::checks::check_state;
use crate::model::{Said, said};
use crate::plant::tamper;
use crate::rules::check_offers;
use crate::world::World;

impl World {
    /// A planted bug of the engine: it decides otherwise, and believes it.
    pub(crate) fn tampered(&mut self, record: Arc<Record>, verdict: &mut Verdict) -> Arc<Record> {
        let Some(plant) = self.setting.plant else { return record };
        let strikes = self.chance.is(500);
        let (Some(shadow), Some(entry)) = (&self.writer.shadow, &record.entry) else { return record };
        let mut events = entry.events.clone();
        if !strikes || !tamper(plant, shadow.state(), entry.at, &mut events) {
            return record;
        }
        let entry = Entry { at: entry.at, command: entry.command.clone(), events };
        let tampered = Arc::new(Record { entry: Some(entry), ..Record::clone(&record) });
        let mut replay = shadow.clone();
        if replay.apply(&tampered).is_err() {
            return record;
        }
        let epoch = record.epoch;
        self.writer.replica = Some(Replica::in_term(&replay, epoch));
        if let Verdict::Decided(receipt) = verdict {
            receipt.record = Arc::clone(&tampered);
        }
        tampered
    }

    /// Whether the decision is what the rules say.
    pub(crate) fn judge(&mut self, command: Option<&Command>, verdict: &Verdict, last: Option<&Arc<Record>>) {
        let at = self.writer.at;
        if let Verdict::Rejected(rejection) = verdict {
            self.witness_refusal(rejection);
        }
        if let Some(command) = command
            && self.setting.with_model
        {
            let ours = self.writer.model.handle(at, command);
            self.agree(command, &ours, verdict);
        }
        let (Some(shadow), Some(replica)) = (&mut self.writer.shadow, &self.writer.replica) else { return };
        let mut checked = Ok(());
        if let Some(record) = last.filter(|record| record.position == shadow.position().next()) {
            let offers = record.entry.as_ref().filter(|entry| entry.events.iter().any(is_offer));
            if let Some(entry) = offers {
                checked = check_offers(&mut shadow.engine().clone(), entry);
            }
            checked = checked.and_then(|()| shadow.apply(record).map_err(|error| ("R8", error.to_string())));
        }
        if checked.is_ok() && shadow.state() != replica.state() {
            checked = Err(("I8", "the records come to another state than the engine's".to_owned()));
        }
        if checked.is_ok() && matches!(verdict, Verdict::Decided(_)) {
            checked = check_state(replica.state(), at);
        }
        let difference = self.setting.with_model.then(|| self.writer.model.difference(replica.state())).flatten();
        self.check(checked);
        if let Some(difference) = difference {
            self.broken("model", difference);
        }
    }

    fn agree(&mut self, command: &Command, ours: &Result<Vec<Said>, Rejection>, verdict: &Verdict) {
        let theirs = match verdict {
            Verdict::Decided(Receipt { record, .. }) => {
                Ok(record.entry.as_ref().map(|entry| said(&entry.events)).unwrap_or_default())
            }
            Verdict::Rejected(rejection) => Err(rejection.clone()),
            Verdict::Failed => return,
        };
        if *ours != theirs {
            self.broken("model", format!("to {command:?} the model says {ours:?}, the engine {theirs:?}"));
        }
    }

    /// I8: what the disk comes to is what was decided.
    pub(crate) fn check_disk(&mut self) {
        let (Some(shadow), truth) = (&self.writer.shadow, self.books.truth()) else { return };
        let is_same = shadow.state() == truth.state() && shadow.notes("").eq(truth.notes(""));
        if !is_same {
            self.broken("I8", "what was written is not what was decided".to_owned());
        }
    }

    /// I10: what anybody is told to be so is on the disk.
    pub(crate) fn check_told(&mut self, receipt: &Receipt) {
        if receipt.position > self.disk.last() {
            self.broken("I10", format!("record {} was answered before it was durable", receipt.position));
        }
        self.writer.told.push(Arc::clone(&receipt.record));
    }
}

const fn is_offer(event: &Event) -> bool {
    matches!(event, Event::OfferMade { .. })
}

/// A decision in words.
pub(crate) fn told(command: Option<&Command>, verdict: &Verdict) -> String {
    let asked = match command {
        Some(Command::Configure(_)) => "Configure".to_owned(),
        Some(command) => format!("{command:?}"),
        None => "notes".to_owned(),
    };
    match verdict {
        Verdict::Decided(Receipt { record, .. }) => {
            let events = record.entry.as_ref().map_or(&[][..], |entry| &entry.events);
            let shown: Vec<String> = events.iter().map(|event| format!("\n            {event:?}")).collect();
            format!("decided {asked}{}", shown.concat())
        }
        Verdict::Rejected(rejection) => format!("rejected {asked}: {rejection}"),
        Verdict::Failed => format!("failed {asked}"),
    }
}
