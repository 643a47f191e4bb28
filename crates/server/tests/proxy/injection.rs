//! The SDK comes into pages of an application that knows nothing of it, and never breaks one.

use axum::http::Method;

use crate::application::{Application, encoded};
use crate::front::{Front, PAGE, cookie};

const LINE: &str = "<script type=\"module\" blocking=\"render\" data-nightlatch=\"required\" src=\"/nightlatch/sdk-";

async fn front(application: &Application) -> (Front, String) {
    let front = Front::of(application, "");
    let token = front.sign_in("ada").await;
    (front, token)
}

fn lines(page: &str) -> usize {
    page.matches("src=\"/nightlatch/sdk-").count()
}

#[tokio::test]
async fn the_line_stands_at_the_end_of_the_head_and_leads_to_the_sdk() {
    let application = Application::start().await;
    let (front, token) = front(&application).await;
    let page = front.get_as(&token, "/page", &PAGE).await;
    let (head, body) = page.text().split_once("</head>").expect("a head");
    assert_eq!((lines(head), lines(body)), (1, 0), "{}", page.text());
    assert!(
        page.text()
            .starts_with("<!doctype html><html><head><title>A page</title>")
    );
    assert!(body.ends_with("<body>Hello</body></html>"));
    assert_eq!(page.header("etag"), "");
    let address = head
        .split("src=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("an address");
    assert_eq!(front.get(address, &[]).await.status, 200);
    assert_eq!(front.metric("proxy_injections_total{outcome=\"injected\"}").await, 1);
}

#[tokio::test]
async fn what_swells_passes_as_it_was_sent_and_keeps_nobody_waiting() {
    const SPACES: usize = 8 << 20;
    let application = Application::start().await;
    let (front, token) = front(&application).await;
    for coding in ["gzip", "br"] {
        let html = "<!doctype html><html><head><title>A page</title></head><body>Hello</body></html>";
        let whole = [html.as_bytes(), &vec![b' '; SPACES]].concat();
        let accept = [("accept-encoding", coding)];
        let headers = [&PAGE[..], &accept].concat();
        let page = front
            .get_as(&token, &format!("/page?{coding}&spaces={SPACES}"), &headers)
            .await;
        assert!(page.body == encoded(coding, &whole), "{coding}: not what was sent");
        assert_eq!(page.header("content-encoding"), coding);
    }
    assert_eq!(front.metric("proxy_injections_total{outcome=\"inflated\"}").await, 2);
    let log = front.server.log();
    assert_eq!(log.matches("times what was sent of it").count(), 2, "{log}");
    // A page of a usual kind has its line in any coding.
    for coding in ["gzip", "br"] {
        let headers = [&PAGE[..], &[("accept-encoding", coding)]].concat();
        let page = front
            .get_as(&token, &format!("/page?{coding}&spaces=5000"), &headers)
            .await;
        assert_eq!(page.status, 200);
    }
    assert_eq!(front.metric("proxy_injections_total{outcome=\"injected\"}").await, 2);
}

#[tokio::test]
async fn what_is_not_opened_as_a_page_passes_byte_for_byte() {
    let application = Application::start().await;
    let (front, token) = front(&application).await;
    let cookie = cookie(&token);
    let fetch = front.get_as(&token, "/page", &[]).await;
    let mut posted = PAGE.to_vec();
    posted.push(("cookie", &cookie));
    let posted = front.send(Method::POST, "/page", &posted, "").await;
    let partial = front.get_as(&token, "/page?status=206", &PAGE).await;
    let saved = front
        .get_as(&token, "/page?content-disposition=attachment", &PAGE)
        .await;
    let missing = front.get_as(&token, "/page?status=404", &PAGE).await;
    for page in [fetch, posted, partial, saved, missing] {
        assert_eq!(lines(page.text()), 0);
        assert_eq!(page.header("etag"), "\"1\"");
        assert_eq!(page.header("content-length"), page.body.len().to_string());
    }
    let mut asked = PAGE.to_vec();
    asked.push(("cookie", &cookie));
    let head = front.send(Method::HEAD, "/page", &asked, "").await;
    assert_eq!((head.status.as_u16(), head.header("etag")), (200, "\"1\""));
}

#[tokio::test]
async fn a_policy_of_the_page_is_respected_and_never_changed() {
    let application = Application::start().await;
    let (front, token) = front(&application).await;
    for (policy, expected) in [
        ("default-src 'self'", Some(LINE)),
        (
            "script-src 'nonce-abc' 'strict-dynamic'",
            Some(
                "<script nonce=\"abc\" type=\"module\" blocking=\"render\" data-nightlatch=\"required\" src=\"/nightlatch/sdk-",
            ),
        ),
        ("default-src 'none'", None),
        ("script-src cdn.example", None),
    ] {
        for by in ["content-security-policy", "meta"] {
            let target = format!("/page?{by}={}", policy.replace(' ', "%20").replace('\'', "%27"));
            let page = front.get_as(&token, &target, &PAGE).await;
            match expected {
                Some(line) => assert!(page.text().contains(line), "{target}: {}", page.text()),
                None => assert_eq!(lines(page.text()), 0, "{target}"),
            }
            if by == "meta" {
                assert!(page.text().contains(&format!("content=\"{policy}\"")));
            } else {
                assert_eq!(page.header("content-security-policy"), policy);
            }
        }
    }
    assert_eq!(front.metric("proxy_injections_total{outcome=\"csp\"}").await, 4);
}

#[tokio::test]
async fn the_script_of_a_service_worker_is_counted_and_passes() {
    let application = Application::start().await;
    let (front, token) = front(&application).await;
    let script = ("service-worker", "script");
    assert_eq!(front.get_as(&token, "/page", &[script]).await.status.as_u16(), 200);
    front.get_as(&token, "/page", &PAGE).await;
    assert_eq!(
        front.metric("proxy_injections_total{outcome=\"service-worker\"}").await,
        1
    );
}

#[tokio::test]
async fn what_comes_encoded_goes_on_encoded() {
    let application = Application::start().await;
    let (front, token) = front(&application).await;
    let mut asked = PAGE.to_vec();
    asked.push(("accept-encoding", "gzip, deflate, br, zstd"));
    let page = front.get_as(&token, "/page?gzip", &asked).await;
    assert_eq!(page.header("content-encoding"), "gzip");
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&page.body[..]);
    std::io::Read::read_to_string(&mut decoder, &mut text).expect("gzip");
    assert_eq!(lines(&text), 1, "{text}");
    let heads = application.heads();
    assert_eq!(crate::front::got(&heads[0], "accept-encoding"), ["gzip, br"]);
    let odd = front.get_as(&token, "/page?content-encoding=zstd", &asked).await;
    assert_eq!((lines(odd.text()), odd.header("etag")), (0, "\"1\""));
    assert_eq!(front.metric("proxy_injections_total{outcome=\"encoding\"}").await, 1);
}

#[tokio::test]
async fn a_page_in_doubt_passes_as_it_is() {
    let application = Application::start().await;
    let (front, token) = front(&application).await;
    for (target, why) in [
        ("/page?cache-control=no-transform", "no-transform"),
        ("/page?content-digest=sha-256=:x:", "no-transform"),
        ("/page?content-type=text/html;charset=utf-16", "charset"),
        ("/page?html=%3Cp%3EHello", "no-place"),
        (
            "/page?html=%3Chead%3E%3Cbase%20href=%22//cdn.example/%22%3E%3C/head%3E",
            "base",
        ),
        (
            "/page?html=%3Chead%3E%3Cscript%20src=/nightlatch/sdk.js%3E%3C/script%3E%3C/head%3E",
            "present",
        ),
    ] {
        let page = front.get_as(&token, target, &PAGE).await;
        assert_eq!((page.status.as_u16(), lines(page.text())), (200, 0), "{target}");
        let name = format!("proxy_injections_total{{outcome=\"{why}\"}}");
        assert!(front.metric(&name).await > 0, "{target}: {why}");
    }
    let implied = front
        .get_as(
            &token,
            "/page?html=%3Ctitle%3EA%3C/title%3E%3Cbody%20id=a%3EHello",
            &PAGE,
        )
        .await;
    assert!(
        implied
            .text()
            .starts_with(&format!("<title>A</title><body id=a>{LINE}")),
        "{}",
        implied.text()
    );
}

#[tokio::test]
async fn nothing_is_put_in_where_it_is_not_wanted_or_nobody_is_signed_in() {
    let application = Application::start().await;
    let (front, token) = front(&application).await;
    assert_eq!(lines(front.get_as(&token, "/open/page", &PAGE).await.text()), 0);
    let config = format!(
        "[proxy]\nlisten = \"127.0.0.1:0\"\ninject = false\n[[sites]]\nhost = \"app.example\"\nupstream = \"{}\"\n",
        application.url()
    );
    let front = Front::with(&config);
    let token = front.sign_in("ada").await;
    let page = front.get_as(&token, "/page", &PAGE).await;
    assert_eq!((lines(page.text()), page.header("etag")), (0, "\"1\""));
}
