//! Writes the results to files, for other tools to compare.

use std::fs;
use std::path::Path;

use crate::case::Case;
use crate::run::{Answer, Got};

/// Writes `ID.args` or `ID.err`, and `ID.xml`, into `out`.
pub fn write(out: &Path, cases: &[&Case], results: &[Got]) -> Result<(), String> {
    fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
    for (case, got) in cases.iter().zip(results) {
        let put = |ending: &str, text: &str| {
            let path = out.join(format!("{}.{ending}", case.id));
            fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
        };
        match &got.answer {
            Answer::Args(text) => put("args", text)?,
            Answer::Error { stage, class, message } => {
                let colon = if class.is_empty() { "" } else { ":" };
                put("err", &format!("{}\n{class}{colon}\n{message}\n", stage.word()))?;
            }
            Answer::Crash(text) => put("crash", text)?,
        }
        if let Some(xml) = &got.xml {
            put("xml", xml)?;
        }
    }
    Ok(())
}
