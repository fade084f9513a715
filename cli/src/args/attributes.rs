//! The arguments of `virtargv explain-attribute`.

use clap::{Args, ValueEnum};

use super::examples;

/// The layouts of what is told of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AttributesFormat {
    /// For people.
    Text,
    /// One JSON object (docs/attributes.md).
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = examples::EXPLAIN_ATTRIBUTE)]
pub(crate) struct ExplainAttributeArgs {
    /// The output format.
    #[arg(long, value_enum, default_value_t = AttributesFormat::Text)]
    pub(crate) format: AttributesFormat,
    /// The attributes, such as `disk/driver/@cache`; an element stands for all its attributes [default: all, a line each].
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
}
