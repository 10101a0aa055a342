//! When queues are open: by their hours, by the calendar, and by hand.

use engine::{CallId, Line, Place, Queue, QueueId, Rejection, Situation, Timestamp};

use super::Model;

impl Model {
    pub(super) fn is_closed_by_hand(&self, id: QueueId) -> bool {
        self.closed.iter().any(|(queue, _)| *queue == id)
    }

    /// By hand, all that wait meet `Closed`; who rings goes on ringing.
    pub(super) fn close_queue(&mut self, id: QueueId) -> Result<(), Rejection> {
        if self.queue(id).is_none() {
            return Err(Rejection::NoSuchQueue(id));
        }
        if self.is_closed_by_hand(id) {
            return Ok(());
        }
        self.closed.push((id, self.now));
        self.closed.sort();
        for call in self.line(Line::Queue(id)) {
            self.with_what_follows(|model| model.meet(call.id, Situation::Closed));
        }
        Ok(())
    }

    pub(super) fn open_queue(&mut self, id: QueueId) -> Result<(), Rejection> {
        if self.queue(id).is_none() {
            return Err(Rejection::NoSuchQueue(id));
        }
        self.closed.retain(|(queue, _)| *queue != id);
        Ok(())
    }

    /// Its offer is over; if it is back in that queue, it meets `Closed` as those that waited did.
    pub(super) fn may_meet_closed(&mut self, id: CallId, queue: QueueId) {
        let place = self.call(id).map(|call| &call.place);
        if matches!(place, Some(Place::Waiting(wait)) if wait.line == Line::Queue(queue)) {
            self.meet(id, Situation::Closed);
        }
    }

    pub(super) fn is_open(&self, queue: &Queue) -> bool {
        !self.is_closed_by_hand(queue.id) && is_open_by_the_clock(queue, self.now, self.settings.utc_offset_minutes)
    }

    /// Since when each is closed by hand.
    pub(super) fn closed_since(&self, id: QueueId) -> Option<Timestamp> {
        self.closed.iter().find(|(queue, _)| *queue == id).map(|(_, since)| *since)
    }
}

/// A holiday has hours of its own. 1970 began on a Thursday.
fn is_open_by_the_clock(queue: &Queue, now: Timestamp, utc_offset_minutes: i16) -> bool {
    let minutes = now.seconds().div_euclid(60) + i64::from(utc_offset_minutes);
    let (day, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let is_in = |minute: i64, from: u16, until: u16| i64::from(from) <= minute && minute < i64::from(until);
    for holiday in &queue.holidays {
        if i64::from(holiday.day) == day {
            return holiday.hours.iter().any(|hours| is_in(minute, hours.from_minute, hours.until_minute));
        }
    }
    let minute = (day + 3).rem_euclid(7) * 1440 + minute;
    queue.hours.is_empty() || queue.hours.iter().any(|hours| is_in(minute, hours.from_minute, hours.until_minute))
}
