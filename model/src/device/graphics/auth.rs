//! `<graphics passwd=>`: the password of a remote display.

use crate::Class;
use crate::read::{El, Reader, attr_place};
use crate::write::Tag;

crate::rules! {
    /// The validity of a password is a UTC time without time zone.
    GRAPHICS_PASSWORD_TIME = "graphics-password-time": Internal, Read,
        "`<graphics passwdValidTo=>`: `YYYY-MM-DDTHH:MM:SS`",
        help "write a time such as `2038-01-19T03:14:07`";
    /// VNC keeps its clients when the password changes.
    GRAPHICS_VNC_CONNECTED = "graphics-vnc-connected": Unsupported, Read,
        "`<graphics type='vnc' connected=>`: QEMU's VNC server has no other behaviour",
        help "use `connected='keep'`, or remove `connected=`";
}

spelled! {
    /// `connected=`: what happens to connected clients when the password changes.
    pub enum Connected {
        /// The change fails.
        Fail = "fail",
        /// They are disconnected.
        Disconnect = "disconnect",
        /// They stay connected.
        Keep = "keep",
    }
}

/// `passwd=`, and the attributes that need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// `passwd=`.
    pub password: String,
    /// Whether `passwd=` is left out of a document that is written.
    pub is_hidden: bool,
    /// `passwdValidTo=`, as `YYYY-MM-DDTHH:MM:SS` (UTC).
    pub valid_to: Option<String>,
    /// `connected=`.
    pub connected: Option<Connected>,
}

impl Auth {
    /// A time as `passwdValidTo=` has it, in seconds since 1970-01-01 UTC; `None` if it is not one.
    pub fn seconds(text: &str) -> Option<i64> {
        let text = time(text)?;
        let mut parts = text.split(['-', 'T', ':']).map(|part| part.parse::<i64>().ok());
        let mut next = || parts.next().flatten();
        let (year, month, day) = (next()?, next()?, next()?);
        let (hour, minute, second) = (next()?, next()?, next()?);
        // A year that begins with March has its leap day at its end.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
        Some((days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second)
    }
}

impl Auth {
    pub(super) fn read(el: El<'_>, vnc: bool, r: &mut Reader) -> Option<Self> {
        let mut auth =
            Self { password: el.string("passwd")?, is_hidden: false, valid_to: None, connected: None };
        if let Some(text) = el.get("passwdValidTo") {
            auth.valid_to = time(text);
            if auth.valid_to.is_none() {
                let message =
                    format!("`passwdValidTo` of `<graphics>` is `{text}`, expected `YYYY-MM-DDTHH:MM:SS`");
                r.refuse(&GRAPHICS_PASSWORD_TIME, attr_place(el, "passwdValidTo"), message);
            }
        }
        auth.connected = r.attr_as(Class::Unsupported, el, "connected");
        if vnc && auth.connected.is_some_and(|connected| connected != Connected::Keep) {
            let message = format!(
                "`connected` of `<graphics>` is `{}`, VNC supports only `connected='keep'`",
                el.get("connected").unwrap_or_default()
            );
            r.refuse(&GRAPHICS_VNC_CONNECTED, attr_place(el, "connected"), message);
        }
        Some(auth)
    }

    pub(super) fn write<'w>(auth: Option<&Self>, tag: Tag<'w>) -> Tag<'w> {
        let Some(auth) = auth else { return tag };
        tag.opt("passwd", Some(&auth.password).filter(|_| !auth.is_hidden))
            .opt("passwdValidTo", auth.valid_to.as_ref())
            .opt("connected", auth.connected)
    }
}

/// Parses `YYYY-MM-DDTHH:MM:SS` and pads each part with zeros.
fn time(text: &str) -> Option<String> {
    let (date, clock) = text.split_once('T')?;
    let date: Vec<u16> = date.split('-').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let clock: Vec<u16> = clock.split(':').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let ([year, month, day], [hour, minute, second]) = (date.as_slice(), clock.as_slice()) else {
        return None;
    };
    let fits = (1..=9999).contains(year)
        && (1..=12).contains(month)
        && (1..=31).contains(day)
        && *hour < 24
        && *minute < 60
        && *second < 60;
    fits.then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

#[cfg(test)]
mod tests {
    use super::Auth;

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(Auth::seconds(text), expected);
    }

    #[test]
    fn validity_is_a_time_in_utc() {
        check("1970-01-01T00:00:00", Some(0));
        check("2000-02-29T12:00:01", Some(951_825_601));
        check("2026-11-28T22:51:23", Some(1_795_906_283));
        check("2026-13-28T22:51:23", None);
    }
}
