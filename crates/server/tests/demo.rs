//! `nightlatch demo` as people meet it: the real binary, asked over HTTP as a browser asks.
//!
//! Every answer on the way is checked for what no answer may lack (`demo/protection.rs`). Where a limit must pass, the
//! tests wait for the event that tells of it.

#[path = "demo/assets.rs"]
mod assets;
#[path = "demo/bank.rs"]
mod bank;
#[path = "demo/browser.rs"]
mod browser;
#[path = "demo/forgery.rs"]
mod forgery;
#[path = "demo/limits.rs"]
mod limits;
#[path = "demo/pages.rs"]
mod pages;
#[path = "demo/process.rs"]
mod process;
#[path = "demo/protection.rs"]
mod protection;
#[path = "demo/redirects.rs"]
mod redirects;
#[path = "demo/room.rs"]
mod room;
#[path = "demo/sign_in.rs"]
mod sign_in;
#[path = "demo/upload.rs"]
mod upload;
