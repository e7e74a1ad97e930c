//! Sections that agents send and the original ignores. Declared so that they are stored compactly
//! and shown with proper titles.
//!
//! Source: Unix agent 2.10, Windows agent 2.11, Android agent 2.7, FusionInventory 2.6 and GLPI agent 1.12.

use super::{Field, Group, Place, Section, SectionId, Unit};

/// The original has a table of this name and never writes it.
pub(super) const ACCESSLOG: Section = Section {
    id: SectionId(28),
    tag: "ACCESSLOG",
    table: None,
    checksum: 0,
    many: false,
    sort: "",
    place: Place::Hot,
    group: Group::Users,
    fields: &[Field::sent("USERID"), Field::sent("LOGDATE").moment()],
};

pub(super) const OPERATINGSYSTEM: Section = Section {
    id: SectionId(29),
    tag: "OPERATINGSYSTEM",
    table: None,
    checksum: 0,
    many: false,
    sort: "",
    place: Place::Cold,
    group: Group::Machine,
    fields: &[
        Field::sent("FULL_NAME"),
        Field::sent("NAME"),
        Field::sent("VERSION"),
        Field::sent("SERVICE_PACK"),
        Field::sent("KERNEL_NAME"),
        Field::sent("KERNEL_VERSION"),
        Field::sent("ARCH"),
        Field::sent("INSTALL_DATE").moment(),
        Field::sent("BOOT_TIME").moment(),
        Field::sent("FQDN"),
        Field::sent("DNS_DOMAIN"),
        Field::sent("HOSTID"),
        Field::sent("TIMEZONE"),
        Field::sent("SSH_KEY").hidden().not_searched(),
    ],
};

pub(super) const POWERSUPPLIES: Section = Section {
    id: SectionId(30),
    tag: "POWERSUPPLIES",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Machine,
    fields: &[
        Field::sent("NAME"),
        Field::sent("MANUFACTURER"),
        Field::sent("MODEL"),
        Field::sent("SERIALNUMBER"),
        Field::sent("PARTNUMBER"),
        Field::sent("PARTNUM"),
        Field::sent("POWERMAX"),
        Field::sent("POWER_MAX"),
        Field::sent("LOCATION"),
        Field::sent("STATUS"),
        Field::sent("PLUGGED"),
        Field::sent("HOTREPLACEABLE"),
    ],
};

pub(super) const PHYSICAL_VOLUMES: Section = Section {
    id: SectionId(31),
    tag: "PHYSICAL_VOLUMES",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Machine,
    fields: &[
        Field::sent("DEVICE"),
        Field::sent("FORMAT"),
        Field::sent("SIZE").number().unit(Unit::Mebibytes),
        Field::sent("FREE").number().unit(Unit::Mebibytes),
        Field::sent("ATTR"),
        Field::sent("PE_SIZE").number().unit(Unit::Mebibytes),
        Field::sent("PV_PE_COUNT").number(),
        Field::sent("PV_UUID").hidden(),
        Field::sent("VG_UUID").hidden(),
    ],
};

pub(super) const VOLUME_GROUPS: Section = Section {
    id: SectionId(32),
    tag: "VOLUME_GROUPS",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Machine,
    fields: &[
        Field::sent("VG_NAME"),
        Field::sent("SIZE").number().unit(Unit::Mebibytes),
        Field::sent("FREE").number().unit(Unit::Mebibytes),
        Field::sent("ATTR"),
        Field::sent("LV_COUNT").number(),
        Field::sent("PV_COUNT").number(),
        Field::sent("VG_EXTENT_SIZE").number().unit(Unit::Mebibytes),
        Field::sent("VG_UUID").hidden(),
    ],
};

pub(super) const LOGICAL_VOLUMES: Section = Section {
    id: SectionId(33),
    tag: "LOGICAL_VOLUMES",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Machine,
    fields: &[
        Field::sent("LV_NAME"),
        Field::sent("VG_NAME"),
        Field::sent("SIZE").number().unit(Unit::Mebibytes),
        Field::sent("ATTR"),
        Field::sent("SEG_COUNT").number(),
        Field::sent("LV_UUID").hidden(),
        Field::sent("VG_UUID").hidden(),
    ],
};

pub(super) const CAMERAS: Section = Section {
    id: SectionId(34),
    tag: "CAMERAS",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Devices,
    fields: &[Field::sent("MODEL"), Field::sent("UUID")],
};

pub(super) const FIREWALL: Section = Section {
    id: SectionId(35),
    tag: "FIREWALL",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Network,
    fields: &[
        Field::sent("PROFILE"),
        Field::sent("STATUS"),
        Field::sent("DESCRIPTION"),
        Field::sent("IPADDRESS"),
        Field::sent("IPADDRESS6"),
    ],
};

pub(super) const REMOTE_MGMT: Section = Section {
    id: SectionId(36),
    tag: "REMOTE_MGMT",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Network,
    fields: &[Field::sent("TYPE"), Field::sent("ID")],
};

pub(super) const ANTIVIRUS: Section = Section {
    id: SectionId(37),
    tag: "ANTIVIRUS",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Software,
    fields: &[
        Field::sent("COMPANY"),
        Field::sent("NAME"),
        Field::sent("VERSION"),
        Field::sent("ENABLED"),
        Field::sent("UPTODATE"),
        Field::sent("BASE_VERSION"),
        Field::sent("BASE_CREATION"),
        Field::sent("EXPIRATION"),
        Field::sent("GUID").hidden(),
    ],
};

pub(super) const LICENSEINFOS: Section = Section {
    id: SectionId(38),
    tag: "LICENSEINFOS",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Software,
    fields: &[
        Field::sent("NAME"),
        Field::sent("FULLNAME"),
        Field::sent("KEY"),
        Field::sent("PRODUCTID"),
        Field::sent("COMPONENTS"),
        Field::sent("ACTIVATION_DATE"),
        Field::sent("TRIAL"),
        Field::sent("OEM"),
        Field::sent("UPDATE"),
    ],
};

pub(super) const DATABASES_SERVICES: Section = Section {
    id: SectionId(39),
    tag: "DATABASES_SERVICES",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Software,
    fields: &[
        Field::sent("MANUFACTURER"),
        Field::sent("NAME"),
        Field::sent("TYPE"),
        Field::sent("VERSION"),
        Field::sent("PORT").number(),
        Field::sent("PATH"),
        Field::sent("SIZE").number().unit(Unit::Mebibytes),
        Field::sent("IS_ACTIVE"),
        Field::sent("IS_ONBACKUP"),
        Field::sent("LAST_BOOT_DATE").moment(),
        Field::sent("LAST_BACKUP_DATE").moment(),
        Field::sent("DATABASES").not_searched(),
    ],
};

/// The original keeps what matches its table `saas_exp`; here everything sent is kept.
pub(super) const SAAS: Section = Section {
    id: SectionId(40),
    tag: "SAAS",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Software,
    fields: &[Field::sent("ENTRY"), Field::sent("DATA"), Field::sent("TTL").number()],
};

/// Android's name for JAVAINFO.
pub(super) const JAVAINFOS: Section = Section {
    id: SectionId(41),
    tag: "JAVAINFOS",
    table: None,
    checksum: 0,
    many: false,
    sort: "",
    place: Place::Cold,
    group: Group::Software,
    fields: &[
        Field::sent("JAVANAME"),
        Field::sent("JAVAPATHLEVEL").number(),
        Field::sent("JAVACOUNTRY"),
        Field::sent("JAVACLASSPATH"),
        Field::sent("JAVAHOME"),
    ],
};

pub(super) const USERS: Section = Section {
    id: SectionId(42),
    tag: "USERS",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Users,
    fields: &[Field::sent("LOGIN"), Field::sent("DOMAIN")],
};

pub(super) const TIMEZONE: Section = Section {
    id: SectionId(43),
    tag: "TIMEZONE",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Other,
    fields: &[Field::sent("NAME"), Field::sent("OFFSET")],
};

pub(super) const ENVS: Section = Section {
    id: SectionId(44),
    tag: "ENVS",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Other,
    fields: &[Field::sent("KEY"), Field::sent("VAL")],
};

pub(super) const PROCESSES: Section = Section {
    id: SectionId(45),
    tag: "PROCESSES",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Other,
    fields: &[
        Field::sent("USER"),
        Field::sent("PID").number(),
        Field::sent("CMD"),
        Field::sent("CPUUSAGE").number().unit(Unit::Percent),
        Field::sent("MEM").number().unit(Unit::Percent),
        Field::sent("VIRTUALMEMORY"),
        Field::sent("TTY"),
        Field::sent("STARTED"),
    ],
};

pub(super) const RUNNING_PROCESSES: Section = Section {
    id: SectionId(46),
    tag: "RUNNING_PROCESSES",
    table: None,
    checksum: 0,
    many: true,
    sort: "",
    place: Place::Cold,
    group: Group::Other,
    fields: &[
        Field::sent("USERNAME"),
        Field::sent("PROCESSID").number(),
        Field::sent("COMMANDLINE"),
        Field::sent("CPUUSAGE").number().unit(Unit::Percent),
        Field::sent("PROCESSMEMORY").number().unit(Unit::Percent),
        Field::sent("VIRTUALMEMORY"),
        Field::sent("TTY"),
        Field::sent("STARTED"),
    ],
};

pub(super) const RUDDER: Section = Section {
    id: SectionId(47),
    tag: "RUDDER",
    table: None,
    checksum: 0,
    many: false,
    sort: "",
    place: Place::Cold,
    group: Group::Other,
    fields: &[
        Field::sent("AGENT"),
        Field::sent("UUID"),
        Field::sent("HOSTNAME"),
        Field::sent("SERVER_ROLES"),
        Field::sent("AGENT_CAPABILITIES"),
    ],
};

pub(super) const VERSIONPROVIDER: Section = Section {
    id: SectionId(48),
    tag: "VERSIONPROVIDER",
    table: None,
    checksum: 0,
    many: false,
    sort: "",
    place: Place::Hot,
    group: Group::Other,
    fields: &[
        Field::sent("NAME"),
        Field::sent("VERSION"),
        Field::sent("PROGRAM"),
        Field::sent("COMMENTS"),
        Field::sent("PERL_VERSION"),
        Field::sent("ETIME").not_searched(),
        Field::sent("PERL_EXE").hidden(),
        Field::sent("PERL_ARGS").hidden().not_searched(),
        Field::sent("PERL_CONFIG").hidden().not_searched(),
        Field::sent("PERL_INC").hidden().not_searched(),
        Field::sent("PERL_MODULE").hidden().not_searched(),
    ],
};

/// Plain text instead of fields; kept as one field of the same name.
pub(super) const VERSIONCLIENT: Section = Section {
    id: SectionId(49),
    tag: "VERSIONCLIENT",
    table: None,
    checksum: 0,
    many: false,
    sort: "",
    place: Place::Cold,
    group: Group::Other,
    fields: &[Field::sent("VERSIONCLIENT")],
};
