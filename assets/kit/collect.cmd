@echo off
rem Writes an inventory of this machine onto the stick. It changes nothing on the machine and sends nothing.
setlocal EnableExtensions DisableDelayedExpansion
set "HERE=%~dp0"
set "OUT=%HERE%inventories"
set "WORK="
if not exist "%OUT%" mkdir "%OUT%" 2>nul
set "TRY=%OUT%\%RANDOM%%RANDOM%.try"
(echo.>"%TRY%") 2>nul
if not exist "%TRY%" (
  echo This stick cannot be written. Nothing was done. / Cette cle ne peut pas etre ecrite. Rien n'a ete fait.
  goto :failed
)
del "%TRY%"
set TAG={tag}
set TAG_AGAIN={tag-again}
set "AGENT="
set "KIND="
for %%d in ("%HERE%agent" "%ProgramFiles%\OCS Inventory Agent" "%ProgramFiles(x86)%\OCS Inventory Agent" "%ProgramFiles%\GLPI-Agent" "%ProgramFiles(x86)%\GLPI-Agent" "%ProgramFiles%\FusionInventory-Agent" "%ProgramFiles(x86)%\FusionInventory-Agent") do call :look %%d
if not defined AGENT (
  echo There is no OCS, GLPI or FusionInventory agent on this machine. Put one into the folder "agent" of the stick.
  echo Il n'y a pas d'agent sur cette machine. Placez-en un dans le dossier "agent" de la cle.
  goto :failed
)
set "NEW=%TEMP%\collect-%RANDOM%%RANDOM%"
if not exist "%NEW%" mkdir "%NEW%" 2>nul
if not exist "%NEW%\" (
  echo The folder for temporary files cannot be written. Nothing was done.
  echo Le dossier des fichiers temporaires ne peut pas etre ecrit. Rien n'a ete fait.
  goto :failed
)
set "WORK=%NEW%"
echo This takes a minute. Please leave the stick where it is. / Cela prend une minute. Laissez la cle en place.
pushd "%WORK%"
if "%KIND%"=="perl" goto :perl
rem What is put in this way is not read again, whatever signs are in it.
setlocal EnableDelayedExpansion
if defined TAG ("!AGENT!" /NP /NO_SYSTRAY /LOCAL="!WORK!" /TAG=!TAG!) else ("!AGENT!" /NP /NO_SYSTRAY /LOCAL="!WORK!")
endlocal
goto :ran
:perl
if defined TAG (call "%AGENT%" --local="%WORK%" --force --tasks=inventory --no-httpd --tag=%TAG_AGAIN% >nul 2>&1) else (call "%AGENT%" --local="%WORK%" --force --tasks=inventory --no-httpd >nul 2>&1)
:ran
set "FOUND="
for %%f in (*.ocs *.xml *.json) do if not defined FOUND set "FOUND=%%~ff"
popd
if not defined FOUND (
  echo The agent wrote no inventory. Start this file as administrator. / L'agent n'a ecrit aucun inventaire. Lancez ce fichier en administrateur.
  goto :failed
)
set "WHEN="
for /f %%t in ('powershell -NoProfile -Command "Get-Date -Format yyyy-MM-dd-HH-mm-ss" 2^>nul') do set "WHEN=%%t"
if defined WHEN goto :named
rem Without PowerShell: date and time as this machine writes them.
set "WHEN=%DATE%-%TIME%"
set "WHEN=%WHEN:/=-%"
set "WHEN=%WHEN::=-%"
set "WHEN=%WHEN:.=-%"
set "WHEN=%WHEN:,=-%"
set "WHEN=%WHEN: =-%"
:named
set "MACHINE=%COMPUTERNAME%"
if not defined MACHINE set "MACHINE=pc"
for %%f in ("%FOUND%") do set "ENDING=%%~xf"
set "NAME=%MACHINE%-%WHEN%"
set "TARGET=%OUT%\%NAME%%ENDING%"
set NUMBER=1
:free
if not exist "%TARGET%" goto :copy
set /a NUMBER+=1 >nul
if %NUMBER% gtr 99 goto :lost
set "TARGET=%OUT%\%NAME%-%NUMBER%%ENDING%"
goto :free
:copy
copy /b "%FOUND%" "%TARGET%" >nul
if errorlevel 1 goto :full
fc /b "%FOUND%" "%TARGET%" >nul
if errorlevel 1 goto :full
if not exist "%TARGET%" goto :lost
rmdir /s /q "%WORK%" 2>nul
echo Done. The inventory of this machine is on the stick: "%TARGET%"
echo Termine. L'inventaire de cette machine est sur la cle.
echo You can unplug the stick now. / Vous pouvez retirer la cle maintenant.
pause
exit /b 0
:full
del "%TARGET%" 2>nul
:lost
echo The stick is full, protected, or was pulled. Nothing was kept. / La cle est pleine, protegee ou a ete retiree. Rien n'a ete conserve.
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
