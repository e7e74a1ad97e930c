use super::super::archive::Entry;
use super::super::tasks::{TASKS, task};
use super::*;

fn typed() -> Typed<'static> {
    Typed { name: "Tool", protocol: "HTTP", priority: "5", ..Typed::default() }
}

fn listing(names: &[&str]) -> Listing {
    let entries = names.iter().map(|name| Entry { name: (*name).to_owned(), size: 1 }).collect();
    Listing { entries, total: names.len() as u64 }
}

fn told(key: &str, system: System, typed: &Typed, content: Content) -> String {
    match plan(task(key, system).unwrap(), system, typed, content) {
        Ok(package) => format!("{} {}", package.action.word(), package.argument),
        Err(wrong) => wrong.iter().map(|one| format!("{}: {}", one.field, one.key)).collect::<Vec<_>>().join(", "),
    }
}

#[test]
fn con_dep_1_each_task_orders_what_it_is_for() {
    let with = |arguments| Typed { arguments, ..typed() };
    let archive = listing(&["sub/set up.msi", "setup.exe", "run.sh", "my run.sh"]);
    let run = |run, arguments| Typed { run, arguments, ..typed() };
    use System::{Linux, Windows};
    let bare = Content::Bare;
    for (key, system, typed, content, order) in [
        ("msi", Windows, with("/qn"), bare("a.msi"), "EXECUTE msiexec.exe /i \"a.msi\" /qn"),
        (
            "msi",
            Windows,
            run("sub\\set up.msi", ""),
            Content::Archive(&archive),
            "EXECUTE msiexec.exe /i \"sub\\set up.msi\"",
        ),
        ("exe", Windows, with("/S"), bare("setup.exe"), "LAUNCH setup.exe /S"),
        ("exe", Windows, run("SETUP.exe", ""), Content::Archive(&archive), "LAUNCH SETUP.exe"),
        ("batch", Windows, with("\"a b\""), bare("install.bat"), "EXECUTE cmd.exe /c call \"install.bat\" \"a b\""),
        (
            "powershell",
            Windows,
            with(""),
            bare("install.ps1"),
            "EXECUTE powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"install.ps1\"",
        ),
        ("shell", Linux, with("-v"), bare("install.sh"), "EXECUTE ./install.sh -v"),
        ("shell", Linux, run("./my run.sh", ""), Content::Archive(&archive), "EXECUTE './my run.sh'"),
        ("agent", Windows, with("/S /UPGRADE"), bare("Agent.exe"), "LAUNCH Agent.exe /S /UPGRADE"),
        ("store", Linux, Typed { path: "/opt/x", ..super::tests::typed() }, bare("x"), "STORE /opt/x"),
        (
            "store",
            Windows,
            Typed { path: "INSTALL_PATH\\x", ..super::tests::typed() },
            bare("x"),
            "STORE INSTALL_PATH\\x",
        ),
        ("command", Linux, Typed { command: " reboot ", ..super::tests::typed() }, Content::Nothing, "EXECUTE reboot"),
        (
            "uninstall",
            Windows,
            Typed { product: "{90160000-008c-0000-0000-0000000ff1ce}", ..super::tests::typed() },
            Content::Nothing,
            "EXECUTE msiexec.exe /x {90160000-008C-0000-0000-0000000FF1CE} /qn /norestart",
        ),
        (
            "uninstall",
            Windows,
            Typed { command: "C:\\x\\unins000.exe /S", ..super::tests::typed() },
            Content::Nothing,
            "EXECUTE C:\\x\\unins000.exe /S",
        ),
    ] {
        assert_eq!(told(key, system, &typed, content), order, "{key}");
    }
}

#[test]
fn con_dep_2_the_custom_form_takes_what_the_field_knows() {
    let custom = |action, argument| Typed { action, argument, ..typed() };
    let archive = listing(&["Set up.exe", "sub/other.exe"]);
    for (typed, content, said) in [
        (custom("EXECUTE", "dir"), Content::Nothing, "EXECUTE dir"),
        (custom("LAUNCH", "\"Set up.exe\" /S"), Content::Archive(&archive), "LAUNCH \"Set up.exe\" /S"),
        (custom("LAUNCH", "tool.exe /S"), Content::Bare("Tool.exe"), "LAUNCH tool.exe /S"),
        (custom("LAUNCH", "missing.exe"), Content::Archive(&archive), "argument: build.error-launch"),
        (custom("LAUNCH", "sub/other.exe"), Content::Archive(&archive), "argument: build.error-launch"),
        (custom("LAUNCH", "other.exe"), Content::Bare("Tool.exe"), "argument: build.error-launch"),
        (custom("LAUNCH", "x.exe"), Content::Nothing, "file: build.error-file-execute"),
        (custom("STORE", "C:\\x"), Content::Nothing, "file: build.error-file-execute"),
        (custom("STORE", "C:\\x"), Content::Bare("x"), "STORE C:\\x"),
        (custom("STORE", "somewhere"), Content::Bare("x"), "argument: build.error-path-windows"),
        (custom("EXECUTE", " "), Content::Bare("x"), "argument: build.error-command"),
        (custom("EXECUTE", "a\nb"), Content::Nothing, "argument: build.error-command-line"),
        (custom("DANCE", "x"), Content::Nothing, "action: build.error-action"),
    ] {
        assert_eq!(told("custom", System::Windows, &typed, content), said);
    }
}

#[test]
fn con_dep_3_what_is_missing_is_named_at_its_field() {
    let archive = listing(&["a.msi"]);
    for (key, typed, content, said) in [
        ("msi", typed(), Content::Nothing, "file: build.error-file"),
        ("batch", typed(), Content::Nothing, "file: build.error-script"),
        ("msi", typed(), Content::Archive(&archive), "run: build.error-run"),
        ("msi", Typed { run: "b.msi", ..typed() }, Content::Archive(&archive), "run: build.error-run-missing"),
        ("exe", Typed { run: "x/a.msi", ..typed() }, Content::Archive(&archive), "run: build.error-run-folder"),
        ("msi", Typed { arguments: "a\rb", ..typed() }, Content::Bare("a.msi"), "arguments: build.error-command-line"),
        ("uninstall", typed(), Content::Nothing, "product: build.error-product-or-command"),
        ("uninstall", Typed { product: "x", ..typed() }, Content::Nothing, "product: build.error-product"),
        (
            "uninstall",
            Typed { product: "x", command: "y", ..typed() },
            Content::Nothing,
            "command: build.error-product-and-command",
        ),
        ("command", typed(), Content::Nothing, "command: build.error-command"),
        ("store", Typed { path: "x", ..typed() }, Content::Bare("x"), "path: build.error-path-windows"),
    ] {
        assert_eq!(told(key, System::Windows, &typed, content), said);
    }
    let wrong = Typed {
        name: " ",
        protocol: "FTP",
        priority: "11",
        command: "dir",
        notify: true,
        notify_text: "x",
        notify_countdown: "soon",
        done: true,
        ..Typed::default()
    };
    assert_eq!(
        told("command", System::Windows, &wrong, Content::Nothing),
        "name: build.error-name, protocol: build.error-protocol, priority: build.error-priority, \
         notify-countdown: build.error-countdown, done-text: build.error-done"
    );
    assert!(told("command", System::Linux, &wrong, Content::Nothing).ends_with("priority: build.error-priority"));
}

#[test]
fn con_dep_2_users_of_windows_are_told_and_asked() {
    let typed = Typed {
        command: "dir",
        notify: true,
        notify_text: "One\r\ntwo",
        notify_delay: true,
        done: true,
        done_text: "Restart",
        ..typed()
    };
    let of = |system| plan(task("command", system).unwrap(), system, &typed, Content::Nothing).unwrap();
    let notify = Notify { text: "One\ntwo".into(), countdown: 0, can_abort: false, can_delay: true };
    assert_eq!((of(System::Windows).notify, of(System::Windows).done), (Some(notify), Some("Restart".into())));
    assert_eq!((of(System::Linux).notify, of(System::Linux).done), (None, None), "other agents know neither");
}

#[test]
fn con_dep_3_names_of_bare_files_harm_nobody() {
    let (store, exe) = (task("store", System::Windows).unwrap(), task("exe", System::Windows).unwrap());
    for (name, stored, run) in [
        ("Rapport d'été.pdf", "Rapport d'été.pdf", "Rapport_d__t_.pdf"),
        ("a/b\\c:d", "a_b_c_d", "a_b_c_d"),
        ("con.exe", "_con.exe", "_con.exe"),
        ("-x$(y).exe", "_-x$(y).exe", "_-x__y_.exe"),
        (" . ", "_", "_"),
    ] {
        assert_eq!((packed_name(name, store).as_str(), packed_name(name, exe).as_str()), (stored, run), "{name}");
    }
    assert!(is_archive_name("A.ZIP", System::Windows) && !is_archive_name("a.zip", System::Linux));
    assert!(is_archive_name("a.tgz", System::MacOs) && !is_archive_name("a.docx", System::Windows));
    assert_eq!(with_shell("echo", System::Linux), "#!/bin/sh\necho");
    assert_eq!(with_shell("#!/bin/bash\n", System::Linux), "#!/bin/bash\n");
    assert_eq!(with_shell("echo", System::Windows), "echo");
}

#[test]
fn con_dep_1_every_system_has_its_tasks() {
    for system in System::ALL {
        let keys: Vec<_> = TASKS.iter().filter(|task| task.systems.contains(&system)).map(|task| task.key).collect();
        match system {
            System::Windows => assert_eq!(keys.len(), 9, "{keys:?}"),
            System::Linux | System::MacOs => assert_eq!(keys, ["shell", "store", "command", "custom"]),
        }
    }
    assert!(task("msi", System::Linux).is_none());
}
