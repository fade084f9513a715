//! What the document left open, one module a concept, in two ordered lists.

use crate::Work;

/// Domain-level defaults, in the reference's order.
const DOMAIN: &[fn(&mut Work<'_>)] = &[];

/// Device defaults, in the reference's order.
const DEVICES: &[fn(&mut Work<'_>)] = &[];

/// Fills in what belongs to the domain as a whole, and adds the devices every guest of its kind has.
pub fn domain(work: &mut Work<'_>) {
    for step in DOMAIN {
        step(work);
    }
}

/// Fills in each device.
pub fn devices(work: &mut Work<'_>) {
    for step in DEVICES {
        step(work);
    }
}
