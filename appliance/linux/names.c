/*
 * Names of machines, in the static executable: from /etc/hosts and DNS only.
 *
 * The C library would load whatever modules /etc/nsswitch.conf of the machine names (mDNS, systemd, LDAP), built for another
 * release of itself; a static program may not survive that. Both of these sources are part of the library.
 *
 * Source: glibc manual, "Name Service Switch"; nss/nss.h.
 */
int __nss_configure_lookup(const char *database, const char *sources);

__attribute__((constructor)) static void names_without_modules(void)
{
    __nss_configure_lookup("hosts", "files dns");
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
    __nss_configure_lookup("services", "files");
}
