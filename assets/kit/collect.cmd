@echo off
rem Writes an inventory of this machine onto the stick. It changes nothing on the machine and sends nothing.
setlocal
set "HERE=%~dp0"
set "OUT=%HERE%inventories"
if not exist "%OUT%" mkdir "%OUT%" 2>nul
if not exist "%OUT%" (
  echo This stick cannot be written. Nothing was done. / Cette cle ne peut pas etre ecrite. Rien n'a ete fait.
  goto :failed
)
set "WORK=%TEMP%\collect-%RANDOM%%RANDOM%"
mkdir "%WORK%" || goto :failed
set TAG={tag}
set TAG_AGAIN={tag-again}
set "AGENT="
set "KIND="
call :look "%HERE%agent"
call :look "%ProgramFiles%\OCS Inventory Agent"
call :look "%ProgramFiles(x86)%\OCS Inventory Agent"
call :look "%ProgramFiles%\GLPI-Agent"
call :look "%ProgramFiles(x86)%\GLPI-Agent"
call :look "%ProgramFiles%\FusionInventory-Agent"
call :look "%ProgramFiles(x86)%\FusionInventory-Agent"
if not defined AGENT (
  echo There is no OCS, GLPI or FusionInventory agent on this machine. Put one into the folder "agent" of the stick.
  echo Il n'y a pas d'agent sur cette machine. Placez-en un dans le dossier "agent" de la cle.
  goto :failed
)
echo This takes a minute. Please leave the stick where it is. / Cela prend une minute. Laissez la cle en place.
pushd "%WORK%"
if "%KIND%"=="ocs" if defined TAG ("%AGENT%" /NP /NO_SYSTRAY /LOCAL="%WORK%" /TAG=%TAG%) else ("%AGENT%" /NP /NO_SYSTRAY /LOCAL="%WORK%")
if "%KIND%"=="perl" if defined TAG (call "%AGENT%" --local="%WORK%" --force --tasks=inventory --no-httpd --tag=%TAG_AGAIN% >nul 2>&1) else (call "%AGENT%" --local="%WORK%" --force --tasks=inventory --no-httpd >nul 2>&1)
popd
set "FOUND="
for %%f in ("%WORK%\*.ocs" "%WORK%\*.xml" "%WORK%\*.json") do if not defined FOUND set "FOUND=%%f"
if not defined FOUND (
  echo The agent wrote no inventory. Start this file as administrator. / L'agent n'a ecrit aucun inventaire. Lancez ce fichier en administrateur.
  goto :failed
)
set "WHEN="
for /f %%t in ('powershell -NoProfile -Command "Get-Date -Format yyyy-MM-dd-HH-mm-ss" 2^>nul') do set "WHEN=%%t"
if not defined WHEN set "WHEN=%RANDOM%%RANDOM%"
for %%f in ("%FOUND%") do set "ENDING=%%~xf"
set "NAME=%COMPUTERNAME%-%WHEN%"
set "TARGET=%OUT%\%NAME%%ENDING%"
set NUMBER=1
:free
if not exist "%TARGET%" goto :copy
set /a NUMBER+=1
if %NUMBER% gtr 99 goto :failed
set "TARGET=%OUT%\%NAME%-%NUMBER%%ENDING%"
goto :free
:copy
copy /b "%FOUND%" "%TARGET%" >nul || goto :full
fc /b "%FOUND%" "%TARGET%" >nul || goto :full
rmdir /s /q "%WORK%" 2>nul
echo Done. The inventory of this machine is on the stick: %TARGET%
echo Termine. L'inventaire de cette machine est sur la cle.
echo You can unplug the stick now. / Vous pouvez retirer la cle maintenant.
pause
exit /b 0
:full
del "%TARGET%" 2>nul
echo The stick is full or was pulled. Nothing was kept. / La cle est pleine ou a ete retiree. Rien n'a ete conserve.
:failed
if defined WORK rmdir /s /q "%WORK%" 2>nul
pause
exit /b 1
:look
if defined AGENT goto :eof
if exist "%~1\OCSInventory.exe" set "AGENT=%~1\OCSInventory.exe" & set "KIND=ocs" & goto :eof
if exist "%~1\glpi-agent.bat" set "AGENT=%~1\glpi-agent.bat" & set "KIND=perl" & goto :eof
if exist "%~1\fusioninventory-agent.bat" set "AGENT=%~1\fusioninventory-agent.bat" & set "KIND=perl" & goto :eof
goto :eof
