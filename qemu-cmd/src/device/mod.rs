//! Devices, one module each.
