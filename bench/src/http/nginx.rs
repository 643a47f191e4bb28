//! nginx in front of a page: asking a server whether each request may pass, or passing it on. One process, so that it is
//! measured whole.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use anyhow::Context as _;
use nightlatch_programs::{Port, wait_until};
use tempfile::TempDir;

use super::SERVER_CPU;
use super::servers::Server;
use crate::processes::Process;

/// Asks `server` before each page.
pub(super) fn asking(name: &'static str, server: Server) -> anyhow::Result<Server> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("page"), "a page")?;
    let locations = asking_locations(directory.path());
    start(name, directory, server.address, &locations, Some(server))
}

/// Passes each request on to `upstream`.
pub(super) fn passing(name: &'static str, upstream: SocketAddr) -> anyhow::Result<Server> {
    start(name, tempfile::tempdir()?, upstream, PASSING, None)
}

fn start(
    name: &'static str,
    directory: TempDir,
    upstream: SocketAddr,
    locations: &str,
    measured_with: Option<Server>,
) -> anyhow::Result<Server> {
    let port = Port::reserve();
    let address = port.address();
    let file = directory.path().join("nginx.conf");
    std::fs::write(&file, configuration(directory.path(), address, upstream, locations))?;
    // nginx gives up what root may do, and reads the page as somebody else.
    open_to_everybody(directory.path())?;
    let arguments = ["-c".as_ref(), file.as_os_str()];
    let process = Process::pinned(SERVER_CPU, Path::new("nginx"), arguments)
        .context("nginx is missing: apt-get install nginx-light")?;
    wait_until(&format!("nginx listens on {address}"), || {
        TcpStream::connect(address).is_ok()
    });
    Ok(Server::in_front(name, port, process, directory, measured_with))
}

fn open_to_everybody(directory: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    Ok(std::fs::set_permissions(
        directory,
        std::fs::Permissions::from_mode(0o755),
    )?)
}

const PASSING: &str = "
    location / {
      proxy_pass http://upstream;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      # Nothing of a body goes to the disk.
      proxy_max_temp_file_size 0;
    }
";

fn asking_locations(directory: &Path) -> String {
    format!(
        "
    root {};
    location / {{ auth_request /ask; }}
    location = /ask {{
      internal;
      proxy_pass http://upstream/nightlatch/auth/request;
      proxy_pass_request_body off;
      proxy_http_version 1.1;
      proxy_set_header Connection \"\";
      proxy_set_header Content-Length \"\";
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
    }}
",
        directory.display()
    )
}

fn configuration(directory: &Path, listen: SocketAddr, upstream: SocketAddr, locations: &str) -> String {
    let directory = directory.display();
    format!(
        "daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  keepalive_requests 1000000000;
  upstream upstream {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen {listen};
{locations}
  }}
}}
"
    )
}
