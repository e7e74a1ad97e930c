; Setup of Rollcall for Windows: program, service, firewall, start menu. Built by scripts/build-windows installer.
;
;   Rollcall-Setup-VERSION.exe [/S] [switches] [/D=C:\program folder, last and without quotes]
;     /S              no window; what is not said is as it was, or as usual
;     /HTTP=80        port for agents and for the console's doorway
;     /HTTPS=443      port for the console and for agents with certificates
;     /DATA=FOLDER    data folder: one of its own, because only administrators and the service may look into it then; an
;                     upgrade does not move it
;     /LANG=en|fr     language of messages, of the start menu and of the uninstaller
;     /NOSERVICE      no service and no firewall rule: the start menu starts the program in a window; the data folder then has the
;                     rights of the folder that it lies in. /SERVICE: a service again
;     /NOFIREWALL     no firewall rule. /FIREWALL: a rule again
;   uninstall.exe [/S] [/PURGE]
;     /PURGE          the data go as well; without it they stay, and with windows it is asked
;                     It goes on in a copy of itself, so its exit code is seen only by who starts it with _?=FOLDER at the end.
;
; Exit codes: 0 done, 1 given up by the person, 2 files cannot be written, 3 a newer version is installed, 4 the service
; does not stop, 5 the service cannot be made, 6 the service does not start or answer, 7 not this Windows, 8 the data
; cannot be copied before the upgrade, 9 a port is taken, 10 a switch or folder cannot be used.
; After 5 and 6 of an upgrade the version before, with its data, is back and runs, or the words say that it could not be put
; back; then, and after an upgrade that was cut short, the next run of a setup puts it back first.
;
; What is to be decided is decided by the program (`rollcall service ...`), where tests reach it.

Unicode true
Target amd64-unicode            ; a 64-bit stub like the program: nothing is redirected
!ifdef FAST                     ; for trying it: large, and made at once
  SetCompress off
!else
  SetCompressor /SOLID lzma
!endif
SetDateSave off                 ; file times would make each build another one
ManifestSupportedOS all
ManifestDPIAware true
RequestExecutionLevel admin

!define NAME "Rollcall"
!define BIN "rollcall.exe"
!define KEY "Software\Rollcall"
!define UNKEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Rollcall"
!define SERVICE_KEY "SYSTEM\CurrentControlSet\Services\Rollcall"

!include MUI2.nsh
!include nsDialogs.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh
!include WinVer.nsh
!include x64.nsh
!insertmacro VersionCompare
!insertmacro WordFind

Name "${NAME}"
OutFile "${OUT_FILE}"
InstallDir "$PROGRAMFILES64\${NAME}"
BrandingText "${NAME} ${APP_VERSION}"
VIProductVersion "${APP_VERSION}.0"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey ProductVersion "${APP_VERSION}"
VIAddVersionKey FileVersion "${APP_VERSION}"
VIAddVersionKey FileDescription "${NAME} setup"
VIAddVersionKey CompanyName "${NAME}"
VIAddVersionKey LegalCopyright "MIT licence"

Var DataDir
Var Http
Var Https
Var OldVersion          ; empty at a first installation
Var OldHttp
Var OldHttps
Var OldDataDir
Var HadService
Var Service             ; 1: as a service
Var Firewall            ; 1: with a rule
Var Url
Var Agents
Var Code                ; the one-time code, once the server made it
Var Said                ; what the program said last
Var FieldHttp
Var FieldHttps
Var FieldData
Var FieldService
Var FieldFirewall

!define MUI_ICON "rollcall.ico"
!define MUI_UNICON "rollcall.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "side.bmp"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_TEXT "$(TXT_DONE)"
!define MUI_FINISHPAGE_TEXT_LARGE
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_FUNCTION OpenConsole
!define MUI_FINISHPAGE_RUN_TEXT "$(TXT_OPEN)"
!insertmacro MUI_PAGE_LICENSE "${LICENSE_FILE}"
!define MUI_PAGE_CUSTOMFUNCTION_PRE DirectoryPrepare
!insertmacro MUI_PAGE_DIRECTORY
Page custom ChoicesShow ChoicesLeave
!insertmacro MUI_PAGE_INSTFILES
!define MUI_PAGE_CUSTOMFUNCTION_PRE FinishPrepare
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"     ; the first is for everybody else
!insertmacro MUI_LANGUAGE "French"

LangString TXT_OPEN     ${LANG_ENGLISH} "Open the console in the browser"
LangString TXT_OPEN     ${LANG_FRENCH}  "Ouvrir la console dans le navigateur"
LangString TXT_DONE     ${LANG_ENGLISH} "Console: $Url$\r$\nAgents: $Agents$\r$\nOne-time code, asked for when the first password is chosen from another machine:$\r$\n$Code"
LangString TXT_DONE     ${LANG_FRENCH}  "Console : $Url$\r$\nAgents : $Agents$\r$\nCode à usage unique, demandé pour choisir le premier mot de passe depuis une autre machine :$\r$\n$Code"
LangString TXT_NOCODE   ${LANG_ENGLISH} "(not needed: there is an administrator, or the server was not started)"
LangString TXT_NOCODE   ${LANG_FRENCH}  "(inutile : il y a un administrateur, ou le serveur n'a pas été démarré)"
LangString TXT_OS       ${LANG_ENGLISH} "Rollcall needs a 64-bit Windows 7, Windows Server 2008 R2 or a later one."
LangString TXT_OS       ${LANG_FRENCH}  "Rollcall nécessite Windows 7 64 bits, Windows Server 2008 R2 ou plus récent."
LangString TXT_NEWER    ${LANG_ENGLISH} "Version $OldVersion is installed, which is newer than ${APP_VERSION}. Nothing was changed."
LangString TXT_NEWER    ${LANG_FRENCH}  "La version $OldVersion, plus récente que ${APP_VERSION}, est installée. Rien n'a été modifié."
LangString TXT_CHOICES  ${LANG_ENGLISH} "Ports and data"
LangString TXT_CHOICES  ${LANG_FRENCH}  "Ports et données"
LangString TXT_CHOICES2 ${LANG_ENGLISH} "Where agents and browsers reach the server, and where inventories are kept."
LangString TXT_CHOICES2 ${LANG_FRENCH}  "Où les agents et les navigateurs joignent le serveur, et où sont gardés les inventaires."
LangString TXT_HTTP     ${LANG_ENGLISH} "HTTP port (agents; 80 is what they expect)"
LangString TXT_HTTP     ${LANG_FRENCH}  "Port HTTP (agents ; ils s'attendent à 80)"
LangString TXT_HTTPS    ${LANG_ENGLISH} "HTTPS port (console; usually 443)"
LangString TXT_HTTPS    ${LANG_FRENCH}  "Port HTTPS (console ; d'ordinaire 443)"
LangString TXT_DATA     ${LANG_ENGLISH} "Data folder (one of its own; only administrators may look into it)"
LangString TXT_DATA     ${LANG_FRENCH}  "Dossier des données (à lui seul ; réservé aux administrateurs)"
LangString TXT_BROWSE   ${LANG_ENGLISH} "Browse..."
LangString TXT_BROWSE   ${LANG_FRENCH}  "Parcourir..."
LangString TXT_SERVICE  ${LANG_ENGLISH} "Start with the machine, as a service (recommended)"
LangString TXT_SERVICE  ${LANG_FRENCH}  "Démarrer avec la machine, comme service (conseillé)"
LangString TXT_FIREWALL ${LANG_ENGLISH} "Allow both ports in the firewall, for private and domain networks"
LangString TXT_FIREWALL ${LANG_FRENCH}  "Autoriser les deux ports dans le pare-feu, réseaux privés et de domaine"
LangString TXT_BADPORT  ${LANG_ENGLISH} "A port is a number from 1 to 65535, and the two are different."
LangString TXT_BADPORT  ${LANG_FRENCH}  "Un port est un nombre de 1 à 65535, et les deux sont différents."
LangString TXT_BADDATA  ${LANG_ENGLISH} "The data folder is a whole path such as C:\ProgramData\Rollcall, empty or with earlier data of Rollcall, and outside of the program's folder."
LangString TXT_BADDATA  ${LANG_FRENCH}  "Le dossier des données est un chemin complet comme C:\ProgramData\Rollcall, vide ou contenant déjà des données de Rollcall, hors du dossier du programme."
LangString TXT_BADDIR   ${LANG_ENGLISH} "The program needs a folder of its own: $INSTDIR holds other things."
LangString TXT_BADDIR   ${LANG_FRENCH}  "Le programme veut un dossier à lui : $INSTDIR contient autre chose."
LangString TXT_BUSY     ${LANG_ENGLISH} "A port cannot be used:$\r$\n$Said"
LangString TXT_BUSY     ${LANG_FRENCH}  "Un port ne peut pas être utilisé :$\r$\n$Said"
LangString TXT_STOP     ${LANG_ENGLISH} "The running service could not be stopped. Nothing was changed.$\r$\n$Said"
LangString TXT_STOP     ${LANG_FRENCH}  "Le service en cours n'a pas pu être arrêté. Rien n'a été modifié.$\r$\n$Said"
LangString TXT_KEEP     ${LANG_ENGLISH} "The data could not be copied, so nothing was changed.$\r$\n$Said"
LangString TXT_KEEP     ${LANG_FRENCH}  "Les données n'ont pas pu être copiées, rien n'a donc été modifié.$\r$\n$Said"
LangString TXT_FILES    ${LANG_ENGLISH} "The program's file cannot be written: another program holds $INSTDIR\${BIN}."
LangString TXT_FILES    ${LANG_FRENCH}  "Le fichier du programme ne peut pas être écrit : un autre programme tient $INSTDIR\${BIN}."
LangString TXT_SVC      ${LANG_ENGLISH} "The service cannot be made.$\r$\n$Said"
LangString TXT_SVC      ${LANG_FRENCH}  "Le service ne peut pas être créé.$\r$\n$Said"
LangString TXT_START    ${LANG_ENGLISH} "The service does not start or does not answer.$\r$\n$Said$\r$\nIts log is in $DataDir\log."
LangString TXT_START    ${LANG_FRENCH}  "Le service ne démarre pas ou ne répond pas.$\r$\n$Said$\r$\nSon journal est dans $DataDir\log."
LangString TXT_BACK     ${LANG_ENGLISH} "Version $OldVersion and its data are back."
LangString TXT_BACK     ${LANG_FRENCH}  "La version $OldVersion et ses données sont rétablies."
LangString TXT_NOTBACK  ${LANG_ENGLISH} "Version $OldVersion could not be put back: $Said$\r$\nThe copy of its data is in $OldDataDir\before-upgrade. Start this setup again; it goes on there."
LangString TXT_NOTBACK  ${LANG_FRENCH}  "La version $OldVersion n'a pas pu être rétablie : $Said$\r$\nLa copie de ses données est dans $OldDataDir\before-upgrade. Relancez cette installation ; elle reprendra là."
LangString TXT_FOREIGN  ${LANG_ENGLISH} "This machine has a service ${NAME} that no setup made. Remove it with $\"rollcall service uninstall$\" (its data stay), then name its data folder here."
LangString TXT_FOREIGN  ${LANG_FRENCH}  "Cette machine a un service ${NAME} qu'aucune installation n'a créé. Supprimez-le avec « rollcall service uninstall » (ses données restent), puis indiquez ici son dossier de données."
LangString TXT_MOVED    ${LANG_ENGLISH} "The data are in $OldDataDir; an upgrade does not move them. To use another folder, uninstall first."
LangString TXT_MOVED    ${LANG_FRENCH}  "Les données sont dans $OldDataDir ; une mise à jour ne les déplace pas. Pour un autre dossier, désinstallez d'abord."
LangString TXT_PURGE    ${LANG_ENGLISH} "Also delete all inventories in $DataDir? They cannot be brought back."
LangString TXT_PURGE    ${LANG_FRENCH}  "Supprimer aussi tous les inventaires de $DataDir ? Ils ne pourront pas être rétablis."
LangString TXT_CONSOLE  ${LANG_ENGLISH} "Rollcall console"
LangString TXT_CONSOLE  ${LANG_FRENCH}  "Console Rollcall"
LangString TXT_IMPORT   ${LANG_ENGLISH} "Import folder"
LangString TXT_IMPORT   ${LANG_FRENCH}  "Dossier d'import"
LangString TXT_WINDOW   ${LANG_ENGLISH} "Start Rollcall"
LangString TXT_WINDOW   ${LANG_FRENCH}  "Démarrer Rollcall"
LangString TXT_REMOVE   ${LANG_ENGLISH} "Uninstall Rollcall"
LangString TXT_REMOVE   ${LANG_FRENCH}  "Désinstaller Rollcall"

; --- small tools ------------------------------------------------------------------------------------------------

!macro Fail CODE TEXT
  DetailPrint "${TEXT}"
  MessageBox MB_OK|MB_ICONSTOP "${TEXT}" /SD IDOK
  SetErrorLevel ${CODE}
  Quit
!macroend

; Runs a program without a window: its exit code to $0, what it said to $Said.
!macro Run COMMAND
  DetailPrint '${COMMAND}'
  nsExec::ExecToStack '${COMMAND}'
  Pop $0
  Pop $Said
  DetailPrint "$Said"
!macroend

!macro ReadState
  SetRegView 64
  SetShellVarContext all
  ReadRegStr $OldVersion HKLM "${KEY}" "Version"
  ReadRegStr $DataDir HKLM "${KEY}" "DataDir"
  ReadRegStr $Http HKLM "${KEY}" "HttpPort"
  ReadRegStr $Https HKLM "${KEY}" "HttpsPort"
  ReadRegStr $HadService HKLM "${SERVICE_KEY}" "ImagePath"
!macroend

; The text behind a switch to a variable, when the switch is there.
!macro Switch NAME VARIABLE
  ClearErrors
  ${GetOptions} $R0 "${NAME}" $R1
  ${IfNot} ${Errors}
    StrCpy ${VARIABLE} $R1
  ${EndIf}
!macroend

; A flag sets a variable.
!macro Flag NAME VARIABLE VALUE
  ClearErrors
  ${GetOptions} $R0 "${NAME}" $R1
  ${IfNot} ${Errors}
    StrCpy ${VARIABLE} ${VALUE}
  ${EndIf}
!macroend

; --- before anything is changed ---------------------------------------------------------------------------------

Function .onInit
  ${GetParameters} $R0
  StrCpy $R2 ""
  !insertmacro Switch "/LANG=" $R2
  ${If} $R2 == "fr"
    StrCpy $LANGUAGE ${LANG_FRENCH}
  ${ElseIf} $R2 == "en"
    StrCpy $LANGUAGE ${LANG_ENGLISH}
  ${EndIf}
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin7}
    !insertmacro Fail 7 "$(TXT_OS)"
  ${EndIf}
  !insertmacro ReadState
  StrCpy $OldHttp $Http
  StrCpy $OldHttps $Https
  StrCpy $OldDataDir $DataDir
  ReadRegStr $Service HKLM "${KEY}" "Service"
  ${If} $Service == ""
    StrCpy $Service 1
  ${EndIf}
  ReadRegStr $Firewall HKLM "${KEY}" "Firewall"
  ${If} $Firewall == ""
    StrCpy $Firewall 1
  ${EndIf}
  ${If} $DataDir == ""
    StrCpy $DataDir "$APPDATA\${NAME}"          ; of all users: ProgramData
  ${EndIf}
  ${If} $Http == ""
    StrCpy $Http 80
  ${EndIf}
  ${If} $Https == ""
    StrCpy $Https 443
  ${EndIf}
  ReadRegStr $0 HKLM "${KEY}" "InstallDir"
  ${If} $0 != ""
    StrCpy $INSTDIR $0                          ; an upgrade stays where it is
  ${EndIf}
  !insertmacro Switch "/HTTP=" $Http
  !insertmacro Switch "/HTTPS=" $Https
  !insertmacro Switch "/DATA=" $DataDir
  Call TrimData
  !insertmacro Flag "/FIREWALL" $Firewall 1
  !insertmacro Flag "/NOFIREWALL" $Firewall 0
  !insertmacro Flag "/SERVICE" $Service 1
  !insertmacro Flag "/NOSERVICE" $Service 0
  ${If} $OldVersion != ""
    ${VersionCompare} "$OldVersion" "${APP_VERSION}" $0
    ${If} $0 == 1
      !insertmacro Fail 3 "$(TXT_NEWER)"
    ${EndIf}
  ${EndIf}
  InitPluginsDir
  File "/oname=$PLUGINSDIR\${BIN}" "${APP_EXE}" ; tells about ports before there is an installed one
FunctionEnd

; $0: 1 when $Http and $Https are ports.
Function PortsAreNumbers
  StrCpy $0 0
  IntOp $1 $Http + 0
  IntOp $2 $Https + 0
  ${If} $1 == $Http
  ${AndIf} $2 == $Https
  ${AndIf} $1 > 0
  ${AndIf} $1 < 65536
  ${AndIf} $2 > 0
  ${AndIf} $2 < 65536
  ${AndIf} $1 != $2
    StrCpy $0 1
  ${EndIf}
FunctionEnd

; A backslash at the end would join the quotation mark behind it on a command line.
Function TrimData
  ${Do}
    StrLen $0 $DataDir
    StrCpy $1 $DataDir 1 -1
    ${If} $1 != "\"
    ${OrIf} $0 <= 3
      ${ExitDo}
    ${EndIf}
    StrCpy $DataDir $DataDir -1
  ${Loop}
FunctionEnd

; $0: 1 when an upgrade finds service and data where the setup before left them; otherwise $Said has why.
Function ServiceIsOurs
  StrCpy $0 1
  ${If} $HadService != ""
    ${If} $OldVersion == ""
      StrCpy $Said "$(TXT_FOREIGN)"
      StrCpy $0 0
    ${ElseIf} $DataDir != $OldDataDir
      StrCpy $Said "$(TXT_MOVED)"
      StrCpy $0 0
    ${EndIf}
  ${EndIf}
FunctionEnd

; The program of an upgrade stays where it is.
Function DirectoryPrepare
  ${If} $OldVersion != ""
    Abort
  ${EndIf}
FunctionEnd

; $0: 1 when the data folder is a whole path, of its own, outside of the program's folder.
Function DataIsFolder
  StrCpy $0 0
  ClearErrors
  ${WordFind} $DataDir '"' "E+1{" $1           ; sets the error flag when there is none
  ${IfNot} ${Errors}
    Return
  ${EndIf}
  StrCpy $1 $DataDir 2 1
  StrLen $2 $DataDir
  StrLen $3 $INSTDIR
  StrCpy $4 $DataDir $3
  ${If} $1 == ":\"
  ${AndIf} $2 > 3
  ${AndIf} $4 != $INSTDIR
    ${If} ${FileExists} "$DataDir\*.*"
    ${AndIfNot} ${FileExists} "$DataDir\store.redb"
    ${AndIfNot} ${FileExists} "$DataDir\config.toml"
      ${DirState} "$DataDir" $1
      ${If} $1 != 0
        Return
      ${EndIf}
    ${EndIf}
    StrCpy $0 1
  ${EndIf}
FunctionEnd

; $0: 1 when the program's folder is new, empty or ours: its rights are set.
Function ProgramIsFolder
  StrCpy $0 1
  ${DirState} "$INSTDIR" $1
  ${If} $1 == 1
  ${AndIfNot} ${FileExists} "$INSTDIR\${BIN}"
  ${AndIfNot} ${FileExists} "$INSTDIR\${BIN}.old"
  ${AndIfNot} ${FileExists} "$INSTDIR\uninstall.exe"
    StrCpy $0 0
  ${EndIf}
FunctionEnd

Function ChoicesShow
  Call ProgramIsFolder
  ${If} $0 == 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(TXT_BADDIR)"
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "$(TXT_CHOICES)" "$(TXT_CHOICES2)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 2u 70% 10u "$(TXT_HTTP)"
  Pop $0
  ${NSD_CreateNumber} 75% 0 20% 12u "$Http"
  Pop $FieldHttp
  ${NSD_CreateLabel} 0 20u 70% 10u "$(TXT_HTTPS)"
  Pop $0
  ${NSD_CreateNumber} 75% 18u 20% 12u "$Https"
  Pop $FieldHttps
  ${NSD_CreateLabel} 0 40u 100% 10u "$(TXT_DATA)"
  Pop $0
  ${NSD_CreateDirRequest} 0 52u 74% 12u "$DataDir"
  Pop $FieldData
  ${NSD_CreateBrowseButton} 76% 51u 24% 14u "$(TXT_BROWSE)"
  Pop $0
  ${NSD_OnClick} $0 ChoicesBrowse
  ${NSD_CreateCheckbox} 0 76u 100% 12u "$(TXT_SERVICE)"
  Pop $FieldService
  ${NSD_SetState} $FieldService $Service
  ${NSD_CreateCheckbox} 0 92u 100% 12u "$(TXT_FIREWALL)"
  Pop $FieldFirewall
  ${NSD_SetState} $FieldFirewall $Firewall
  nsDialogs::Show
FunctionEnd

Function ChoicesBrowse
  nsDialogs::SelectFolderDialog "$(TXT_DATA)" "$DataDir"
  Pop $0
  ${If} $0 != error
    ${NSD_SetText} $FieldData "$0"
  ${EndIf}
FunctionEnd

Function ChoicesLeave
  ${NSD_GetText} $FieldHttp $Http
  ${NSD_GetText} $FieldHttps $Https
  ${NSD_GetText} $FieldData $DataDir
  ${NSD_GetState} $FieldService $Service
  ${NSD_GetState} $FieldFirewall $Firewall
  Call PortsAreNumbers
  ${If} $0 == 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(TXT_BADPORT)"
    Abort
  ${EndIf}
  Call TrimData
  Call DataIsFolder
  ${If} $0 == 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(TXT_BADDATA)"
    Abort
  ${EndIf}
  Call ServiceIsOurs
  ${If} $0 == 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "$Said"
    Abort
  ${EndIf}
  ; Ports that our own service has are taken by it until it is stopped.
  ${If} $HadService == ""
  ${OrIf} $Http != $OldHttp
  ${OrIf} $Https != $OldHttps
    !insertmacro Run '"$PLUGINSDIR\${BIN}" service ports --http $Http --https $Https'
    ${If} $0 != 0
      MessageBox MB_OK|MB_ICONEXCLAMATION "$(TXT_BUSY)"
      Abort
    ${EndIf}
  ${EndIf}
FunctionEnd

; --- the work ---------------------------------------------------------------------------------------------------

; The version before starts again; nothing of it was changed.
!macro StartOldAgain
  ${If} $HadService != ""
    !insertmacro Run '"$INSTDIR\${BIN}" service start'
  ${EndIf}
!macroend

; One try: the new program in the place of the one before, which becomes BIN.old. $0: 1 when it worked; otherwise what
; was there is there. It is whole ($2: 1) before the other one is moved. (To ask for errors is to forget them.)
Function Replace
  StrCpy $0 0
  ClearErrors
  ${If} $2 == 0
    CopyFiles /SILENT "$PLUGINSDIR\${BIN}" "$INSTDIR\${BIN}.new"
    ${If} ${Errors}
      Return
    ${EndIf}
    StrCpy $2 1
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\${BIN}"
    Delete "$INSTDIR\${BIN}.old"
    Rename "$INSTDIR\${BIN}" "$INSTDIR\${BIN}.old"
    ${If} ${Errors}
      Return
    ${EndIf}
  ${EndIf}
  Rename "$INSTDIR\${BIN}.new" "$INSTDIR\${BIN}"
  ${If} ${Errors}
    Rename "$INSTDIR\${BIN}.old" "$INSTDIR\${BIN}"
    Return
  ${EndIf}
  StrCpy $0 1
FunctionEnd

; Data and program as they were before an upgrade that did not come to its end. $0: 0 when they are, otherwise $Said has why.
; What does it is the program of before. It goes to its place last: as long as BIN.old is there, the copy of the data is not
; replaced, and all of this can be done again.
Function PutBack
  !insertmacro Run '"$INSTDIR\${BIN}.old" service stop'
  !insertmacro Run '"$INSTDIR\${BIN}.old" --data "$OldDataDir" service restore'
  ${If} $0 != 0
    Return
  ${EndIf}
  ; After a failure Windows may have started it again meanwhile.
  !insertmacro Run '"$INSTDIR\${BIN}.old" service stop'
  StrCpy $0 1
  StrCpy $1 0
  ${Do}                                         ; a virus scanner may hold the new file: 30 s
    ClearErrors
    Delete "$INSTDIR\${BIN}"
    Rename "$INSTDIR\${BIN}.old" "$INSTDIR\${BIN}"
    ${IfNot} ${Errors}
      StrCpy $0 0
      ${ExitDo}
    ${EndIf}
    IntOp $1 $1 + 1
    ${If} $1 >= 60
      StrCpy $Said "$(TXT_FILES)"
      ${ExitDo}
    ${EndIf}
    Sleep 500
  ${Loop}
FunctionEnd

; Program, data and service as they were before the upgrade. What went wrong stays in $9.
Function GoBack
  StrCpy $9 $Said
  ${IfNot} ${FileExists} "$INSTDIR\${BIN}.old"
    Return
  ${EndIf}
  Call PutBack
  ${If} $0 == 0
    ${If} $HadService == ""
      !insertmacro Run '"$INSTDIR\${BIN}" service uninstall'
    ${Else}
      !insertmacro Run '"$INSTDIR\${BIN}" --data "$OldDataDir" service install --in-place --http $OldHttp --https $OldHttps'
      StrCpy $1 $0
      StrCpy $2 $Said
      !insertmacro Run '"$INSTDIR\${BIN}" service start'
      ${If} $1 != 0                             ; one that runs all the same is better than none
        StrCpy $0 $1
        StrCpy $Said $2
      ${EndIf}
    ${EndIf}
  ${EndIf}
  ${If} $0 == 0
    StrCpy $Said "$9$\r$\n$(TXT_BACK)"
  ${Else}
    StrCpy $Said "$9$\r$\n$(TXT_NOTBACK)"
  ${EndIf}
FunctionEnd

Section "Server"
  SectionIn RO
  AddSize ${APP_SIZE}                           ; the program comes from the setup's own folder, which is not counted
  Call PortsAreNumbers
  ${If} $0 == 0
    !insertmacro Fail 10 "$(TXT_BADPORT)"
  ${EndIf}
  Call DataIsFolder
  ${If} $0 == 0
    !insertmacro Fail 10 "$(TXT_BADDATA)"
  ${EndIf}
  Call ProgramIsFolder
  ${If} $0 == 0
    !insertmacro Fail 10 "$(TXT_BADDIR)"
  ${EndIf}

  Call ServiceIsOurs
  ${If} $0 == 0
    !insertmacro Fail 10 "$Said"
  ${EndIf}

  ; 0. The program of before is there still: the last upgrade did not come to its end, unless the new one answers.
  ${If} ${FileExists} "$INSTDIR\${BIN}.old"
  ${AndIf} $OldDataDir != ""
    StrCpy $0 1
    ${If} ${FileExists} "$INSTDIR\${BIN}"
      !insertmacro Run '"$INSTDIR\${BIN}" --data "$OldDataDir" status'
    ${EndIf}
    ${If} $0 == 0
      Delete "$INSTDIR\${BIN}.old"
    ${Else}
      Call PutBack
      ${If} $0 != 0
        !insertmacro Fail 8 "$(TXT_NOTBACK)"
      ${EndIf}
    ${EndIf}
  ${EndIf}

  ; 1. The service stops, and what the next version may change is copied.
  ${If} $HadService != ""
    !insertmacro Run '"$PLUGINSDIR\${BIN}" service stop'
    ${If} $0 != 0
      !insertmacro Fail 4 "$(TXT_STOP)"
    ${EndIf}
  ${EndIf}
  ${If} ${FileExists} "$DataDir\store.redb"
    !insertmacro Run '"$PLUGINSDIR\${BIN}" --data "$DataDir" service keep'
    ${If} $0 != 0
      StrCpy $9 $Said
      !insertmacro StartOldAgain
      StrCpy $Said $9
      !insertmacro Fail 8 "$(TXT_KEEP)"
    ${EndIf}
  ${EndIf}
  !insertmacro Run '"$PLUGINSDIR\${BIN}" service ports --http $Http --https $Https'
  ${If} $0 != 0
    StrCpy $9 $Said
    !insertmacro StartOldAgain
    StrCpy $Said $9
    !insertmacro Fail 9 "$(TXT_BUSY)"
  ${EndIf}

  ; 2. The program. The file of one that just ended may be held for a while, by a virus scanner too: 30 s.
  SetOutPath "$INSTDIR"
  StrCpy $1 0
  StrCpy $2 0
  ${Do}
    Call Replace
    ${If} $0 == 1
    ${OrIf} $1 >= 60
      ${ExitDo}
    ${EndIf}
    IntOp $1 $1 + 1
    Sleep 500
  ${Loop}
  ${If} $0 != 1
    Delete "$INSTDIR\${BIN}.new"
    !insertmacro StartOldAgain
    !insertmacro Fail 2 "$(TXT_FILES)"
  ${EndIf}
  File "/oname=LICENSE.txt" "${LICENSE_FILE}"

  ; 3. Service and firewall.
  ${If} $Service == 1
    !insertmacro Run '"$INSTDIR\${BIN}" --data "$DataDir" service install --in-place --http $Http --https $Https'
    ${If} $0 != 0
      Call GoBack
      !insertmacro Fail 5 "$(TXT_SVC)"
    ${EndIf}
    !insertmacro Run '"$INSTDIR\${BIN}" service start'
    ${If} $0 == 0
      ; It runs; that it answers is another thing.
      !insertmacro Run '"$INSTDIR\${BIN}" --data "$DataDir" status'
    ${EndIf}
    ${If} $0 != 0
      Call GoBack
      !insertmacro Fail 6 "$(TXT_START)"
    ${EndIf}
    Delete "$INSTDIR\${BIN}.old"               ; it works: there is no way back from here
    !insertmacro Run '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="${NAME}"'
    ${If} $Firewall == 1
      !insertmacro Run '"$SYSDIR\netsh.exe" advfirewall firewall add rule name="${NAME}" dir=in action=allow protocol=TCP localport=$Http,$Https profile=domain,private program="$INSTDIR\${BIN}"'
    ${EndIf}
  ${ElseIf} $HadService != ""
    !insertmacro Run '"$INSTDIR\${BIN}" service uninstall'
    !insertmacro Run '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="${NAME}"'
  ${EndIf}
  Delete "$INSTDIR\${BIN}.old"                 ; of one without a service

  ; 4. Start menu. Its names follow the language of the last run.
  ReadEnvStr $0 COMPUTERNAME
  StrCpy $1 ":$Http"
  ${If} $Http == 80
    StrCpy $1 ""
  ${EndIf}
  StrCpy $Url "http://localhost$1/ocsreports"
  StrCpy $Agents "http://$0$1/ocsinventory"
  RMDir /r "$SMPROGRAMS\${NAME}"
  CreateDirectory "$SMPROGRAMS\${NAME}"
  WriteINIStr "$SMPROGRAMS\${NAME}\$(TXT_CONSOLE).url" "InternetShortcut" "URL" "$Url"
  CreateShortcut "$SMPROGRAMS\${NAME}\$(TXT_IMPORT).lnk" "$DataDir\import"
  CreateShortcut "$SMPROGRAMS\${NAME}\$(TXT_REMOVE).lnk" "$INSTDIR\uninstall.exe"
  ${If} $Service != 1
    CreateShortcut "$SMPROGRAMS\${NAME}\$(TXT_WINDOW).lnk" "$INSTDIR\${BIN}" '--data "$DataDir" serve --window --http $Http --https $Https'
  ${EndIf}

  ; 5. What the next setup and the list of programs need.
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKLM "${KEY}" "Version" "${APP_VERSION}"
  WriteRegStr HKLM "${KEY}" "InstallDir" "$INSTDIR"
  WriteRegStr HKLM "${KEY}" "DataDir" "$DataDir"
  WriteRegStr HKLM "${KEY}" "HttpPort" "$Http"
  WriteRegStr HKLM "${KEY}" "HttpsPort" "$Https"
  WriteRegStr HKLM "${KEY}" "Service" "$Service"
  WriteRegStr HKLM "${KEY}" "Firewall" "$Firewall"
  WriteRegStr HKLM "${KEY}" "Language" "$LANGUAGE"
  WriteRegStr HKLM "${UNKEY}" "DisplayName" "${NAME}"
  WriteRegStr HKLM "${UNKEY}" "DisplayVersion" "${APP_VERSION}"
  WriteRegStr HKLM "${UNKEY}" "DisplayIcon" '"$INSTDIR\${BIN}"'
  WriteRegStr HKLM "${UNKEY}" "Publisher" "${NAME}"
  WriteRegStr HKLM "${UNKEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNKEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNKEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNKEY}" "NoModify" 1
  WriteRegDWORD HKLM "${UNKEY}" "NoRepair" 1
SectionEnd

Function FinishPrepare
  StrCpy $Code ""
  ClearErrors
  FileOpen $0 "$DataDir\run\setup-code.txt" r
  ${IfNot} ${Errors}
    FileRead $0 $Code 64
    FileClose $0
  ${EndIf}
  ${If} $Code == ""
    StrCpy $Code "$(TXT_NOCODE)"
  ${EndIf}
FunctionEnd

Function OpenConsole
  ${If} $Service == 1
    ; Handed on by the desktop's own program, so that the browser has not the rights of the setup.
    Exec '"$WINDIR\explorer.exe" "$Url"'
  ${Else}
    Exec '"$WINDIR\explorer.exe" "$SMPROGRAMS\${NAME}\$(TXT_WINDOW).lnk"'
  ${EndIf}
FunctionEnd

; --- away again -------------------------------------------------------------------------------------------------

Function un.onInit
  !insertmacro ReadState
  ReadRegStr $0 HKLM "${KEY}" "Language"
  ${If} $0 != ""
    StrCpy $LANGUAGE $0
  ${EndIf}
FunctionEnd

Section "Uninstall"
  ${If} ${FileExists} "$INSTDIR\${BIN}"
    !insertmacro Run '"$INSTDIR\${BIN}" service uninstall'
    ${If} $0 != 0
      !insertmacro Fail 4 "$(TXT_STOP)"
    ${EndIf}
  ${ElseIf} $HadService != ""                   ; somebody deleted the program by hand
    !insertmacro Run '"$SYSDIR\sc.exe" stop "${NAME}"'
    !insertmacro Run '"$SYSDIR\sc.exe" delete "${NAME}"'
  ${EndIf}
  !insertmacro Run '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="${NAME}"'
  StrCpy $1 0
  ${Do}
    ClearErrors
    Delete "$INSTDIR\${BIN}"
    ${IfNot} ${Errors}
      ${ExitDo}
    ${EndIf}
    IntOp $1 $1 + 1
    ${If} $1 >= 60                              ; it runs in a window, or is held: uninstall.exe stays for another time
      !insertmacro Fail 2 "$(TXT_FILES)"
    ${EndIf}
    Sleep 500
  ${Loop}
  RMDir /r "$SMPROGRAMS\${NAME}"
  Delete "$INSTDIR\${BIN}.old"
  Delete "$INSTDIR\${BIN}.new"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"                              ; with what somebody else put there it stays

  ; Data go only when that is wanted: the switch, or a "yes" where "no" is offered first.
  ${GetParameters} $R0
  StrCpy $1 0
  ClearErrors
  ${GetOptions} $R0 "/PURGE" $R1
  ${IfNot} ${Errors}
    StrCpy $1 1
  ${Else}
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(TXT_PURGE)" /SD IDNO IDNO +2
    StrCpy $1 1
  ${EndIf}
  DeleteRegKey HKLM "${UNKEY}"
  ${If} $1 == 1
    StrLen $2 "$DataDir"
    ${If} $2 > 3                                ; never a whole drive, nor a folder that is not ours
    ${AndIf} ${FileExists} "$DataDir\store.redb"
      RMDir /r "$DataDir"
    ${EndIf}
    DeleteRegKey HKLM "${KEY}"
  ${Else}
    ; Data folder and ports are known to the next installation, which is none of the kind "upgrade".
    DeleteRegValue HKLM "${KEY}" "Version"
    DeleteRegValue HKLM "${KEY}" "InstallDir"
    DeleteRegValue HKLM "${KEY}" "Service"
    DeleteRegValue HKLM "${KEY}" "Firewall"
  ${EndIf}
SectionEnd
