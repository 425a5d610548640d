//! Sending what was approved. The only group that links SES, with the only role that may send.

pub mod send;
