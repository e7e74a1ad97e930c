//! Addresses of the older console that other tools link to (CON-NAV-4).

use actix_web::HttpResponse;

use super::{Access, Asked, Error, Page, Route};
use crate::console::form::Form;
use crate::console::pages::{COMPUTERS, DASHBOARD, SOFTWARE};
use crate::console::visit;
use crate::id::ComputerId;
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);

/// Pages without a place of their own.
pub static PAGE: Page = Page {
    path: "/ocsreports/index.php",
    menu: None,
    title: "product",
    access: READ,
    routes: &[
        Route::get("/ocsreports/index.php", READ, |asked| Box::pin(lead(asked))),
        Route::get("/ocsreports/machine.php", READ, |asked| Box::pin(lead(asked))),
    ],
};

async fn lead(asked: Asked) -> Result<HttpResponse, Error> {
    Ok(visit::redirect(&place(asked.request.path(), &asked.query)))
}

/// Where an old address leads now; to the front page when nobody knows.
fn place(path: &str, query: &Form) -> String {
    let computer = || query.get("systemid").parse::<u32>().ok().map(ComputerId);
    match (path.rsplit('/').next(), query.get("function")) {
        (Some("machine.php"), _) | (_, "computer") => {
            computer().map_or_else(|| COMPUTERS.to_owned(), |id| format!("{COMPUTERS}/{id}"))
        }
        (_, "visu_computers" | "visu_search") => COMPUTERS.to_owned(),
        (_, "visu_all_soft") => SOFTWARE.to_owned(),
        _ => DASHBOARD.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_nav_4_old_addresses_lead_to_their_pages() {
        let place = |path: &str, query: &str| super::place(path, &Form::read(query, 9).unwrap());
        let (index, machine) = ("/ocsreports/index.php", "/ocsreports/machine.php");
        assert_eq!(place(index, "function=computer&head=1&systemid=12"), "/ocsreports/computers/12");
        assert_eq!(place(machine, "systemid=12"), "/ocsreports/computers/12");
        for bad in ["systemid=", "systemid=-1", "systemid=../users", "systemid=4294967296", ""] {
            assert_eq!(place(machine, bad), "/ocsreports/computers", "{bad}");
        }
        assert_eq!(place(index, "function=visu_computers"), "/ocsreports/computers");
        assert_eq!(place(index, "function=visu_search"), "/ocsreports/computers");
        assert_eq!(place(index, "function=visu_all_soft"), "/ocsreports/software");
        assert_eq!(place(index, "function=show_ipdiscover"), "/ocsreports/");
        assert_eq!(place(index, ""), "/ocsreports/");
    }
}
