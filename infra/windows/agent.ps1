<#
.SYNOPSIS
Installs, updates or removes a capture agent of lookalike on a Windows PC.

.DESCRIPTION
The agent presses keys and takes pictures, so it must run in the session of whoever is logged on at the screen: a service cannot.
It is started by a scheduled task at logon, and again a minute after it ended for whatever reason but `stop`. It runs as the logged-on user;
with -Elevated as administrator, which is needed only where the creator runs as administrator.

.EXAMPLE
.\agent.ps1 install -Package .\lookalike-0.1.0-py3-none-any.whl -Url https://coordinator:8420 -TokenFile .\agent.token -Creator dd2
.\agent.ps1 calibrate      # with the creator open; hands off until it is done
.\agent.ps1 start
.\agent.ps1 status
.\agent.ps1 update -Package .\lookalike-0.2.0-py3-none-any.whl
.\agent.ps1 uninstall
#>
param(
    [Parameter(Mandatory, Position = 0)]
    [ValidateSet('install', 'calibrate', 'start', 'stop', 'status', 'update', 'uninstall')]
    [string]$Verb,
    [string]$Package,
    [string]$Url,
    [string]$TokenFile,
    [string]$Name = $env:COMPUTERNAME.ToLowerInvariant(),
    [string]$Creator = 'dd2',
    [string]$Folder = (Join-Path $env:LOCALAPPDATA 'lookalike'),
    [switch]$Elevated
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest
$Task = 'lookalike agent'
$Python = Join-Path $Folder 'venv\Scripts\python.exe'
$Settings = Join-Path $Folder 'agent.json'
$Launcher = Join-Path $Folder 'agent.cmd'
$Stopped = Join-Path $Folder 'stopped'  # while it is there, agent.cmd starts nothing
$Calibration = 'agent.calibration'
$env:PYTHONUTF8 = '1'

function Stop-With([string]$Message) { Write-Error "lookalike: $Message" -ErrorAction Continue; exit 1 }

function Invoke-Checked([string]$Program, [string[]]$Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { Stop-With "$Program $($Arguments -join ' ') ended with $LASTEXITCODE" }
}

function Read-Settings {
    if (-not (Test-Path $Settings)) { Stop-With "not installed in $Folder; run: .\agent.ps1 install ..." }
    Get-Content $Settings -Raw | ConvertFrom-Json
}

function Find-Python {  # the first that is 3.11 or later; Windows puts a `python` that only opens its shop on every path
    $ErrorActionPreference = 'Continue'  # or Windows PowerShell takes a word on standard error for the end
    $known = Get-Command -Name @('py', 'python') -CommandType Application -ErrorAction SilentlyContinue
    foreach ($each in $known) {
        & $each.Source -c 'import sys; sys.exit(sys.version_info < (3, 11))' *> $null
        if ($LASTEXITCODE -eq 0) { return $each.Source }
    }
    Stop-With 'no Python here that is new enough: install 3.11 or later from python.org'
}

function Install-Package {
    if (-not $Package) { Stop-With 'name the wheel with -Package, or "lookalike" where a package index has it' }
    $source = if (Test-Path -LiteralPath $Package) { (Resolve-Path -LiteralPath $Package).Path } else { $Package }
    Invoke-Checked $Python @('-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--upgrade', "${source}[agent]")
}

function Save-Token {  # readable by its owner alone
    $token = Join-Path $Folder 'agent.token'
    if ((Resolve-Path -LiteralPath $TokenFile).Path -ne $token) { Copy-Item -LiteralPath $TokenFile $token -Force }
    $owner = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    Invoke-Checked 'icacls' @($token, '/inheritance:r', '/grant:r', "*${owner}:(R,W,D)", '/q')
}

function Save-Settings {
    [ordered]@{ url = $Url; name = $Name; profile = $Creator } | ConvertTo-Json | Set-Content $Settings -Encoding UTF8
}

function Save-Launcher {
    $told = Read-Settings
    @(
        '@echo off'
        'rem Started at logon by the scheduled task. An agent that fails is started again after a minute; the scheduler itself'
        'rem would do so only for a program that cannot be started at all.'
        'cd /d "%~dp0"'
        'set PYTHONUTF8=1'
        ':again'
        'if exist stopped exit /b 0'
        'if exist agent.log for %%F in (agent.log) do if %%~zF gtr 50000000 move /y agent.log agent.old.log >nul'
        ('venv\Scripts\python.exe -m cli.main agent --device windows --url "{0}" --name "{1}" --profile "{2}" --token-file agent.token --calibration {3} --spool spool --evidence evidence >>agent.log 2>&1' -f $told.url, $told.name, $told.profile, $Calibration)
        'ping -n 61 127.0.0.1 >nul'
        'goto again'
    ) | Set-Content $Launcher -Encoding Ascii
}

function Register-Agent {
    $user = [Security.Principal.WindowsIdentity]::GetCurrent().Name
    $action = New-ScheduledTaskAction -Execute "$env:SystemRoot\System32\cmd.exe" -WorkingDirectory $Folder `
        -Argument ('/c start "lookalike agent" /min /wait cmd /s /c ""{0}""' -f $Launcher)
    $trigger = New-ScheduledTaskTrigger -AtLogOn -User $user
    $trigger.Delay = 'PT30S'  # the desktop is there, and the creator can be started
    $level = if ($Elevated) { 'Highest' } else { 'Limited' }
    $principal = New-ScheduledTaskPrincipal -UserId $user -LogonType Interactive -RunLevel $level
    $options = New-ScheduledTaskSettingsSet -MultipleInstances IgnoreNew -RestartCount 999 `
        -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit ([TimeSpan]::Zero) `
        -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
    try {
        Register-ScheduledTask -TaskName $Task -Action $action -Trigger $trigger -Principal $principal -Settings $options `
            -Force | Out-Null
    }
    catch { Stop-With "Windows does not let you register a task ($_): run this once in a PowerShell started as administrator" }
}

function Start-Agent {
    Remove-Item $Stopped -ErrorAction SilentlyContinue
    Start-ScheduledTask -TaskName $Task
}

function Stop-Agent {
    if (Test-Path $Folder) { New-Item -ItemType File -Force $Stopped | Out-Null }
    if (Get-ScheduledTask -TaskName $Task -ErrorAction SilentlyContinue) { Stop-ScheduledTask -TaskName $Task }
    # a task's end reaches its first process alone: the loop goes first, so that it starts nothing in between
    Get-CimInstance -ClassName Win32_Process -Filter "Name = 'cmd.exe'" |
        Where-Object { $_.CommandLine -and $_.CommandLine.Contains($Launcher) } |
        ForEach-Object { Stop-Process -Id $_.ProcessId -Force -ErrorAction SilentlyContinue }
    Get-Process -Name 'python' -ErrorAction SilentlyContinue | Where-Object { $_.Path -eq $Python } | Stop-Process -Force
}

function Show-Task {
    $found = Get-ScheduledTask -TaskName $Task
    $known = Get-ScheduledTaskInfo -InputObject $found
    Write-Host "Task: $($found.State); last started $($known.LastRunTime), last result $($known.LastTaskResult)"
}

switch ($Verb) {
    'install' {
        if (-not $Url) { Stop-With 'name the coordinator with -Url' }
        if (-not $TokenFile -or -not (Test-Path -LiteralPath $TokenFile)) {
            Stop-With 'name the token with -TokenFile; `lookalike enroll NAME` on the coordinator writes it'
        }
        New-Item -ItemType Directory -Force $Folder | Out-Null
        Stop-Agent  # of an earlier installation
        if (-not (Test-Path $Python)) { Invoke-Checked (Find-Python) @('-m', 'venv', (Join-Path $Folder 'venv')) }
        Install-Package
        Save-Token
        Save-Settings
        Save-Launcher
        Register-Agent
        Write-Host "Installed in $Folder. Open the creator in a borderless window, then run: .\agent.ps1 calibrate"
    }
    'calibrate' {
        $told = Read-Settings
        Stop-Agent  # two would press keys at once
        Write-Host 'Keep your hands off keyboard and mouse until it is done; touching them stops it.'
        Push-Location $Folder
        try {
            Invoke-Checked $Python @('-m', 'cli.main', 'calibrate', '--device', 'windows', '--profile', $told.profile, '--to', $Calibration)
        }
        finally { Pop-Location }
        Write-Host 'Now run: .\agent.ps1 start'
    }
    'start' {
        Read-Settings | Out-Null
        if (-not (Test-Path (Join-Path $Folder $Calibration))) { Stop-With 'calibrate first: .\agent.ps1 calibrate' }
        Start-Agent
        Write-Host "Started; it writes to $(Join-Path $Folder 'agent.log'). The Pause key holds it."
    }
    'stop' { Read-Settings | Out-Null; Stop-Agent }
    'status' {
        Read-Settings | Format-List
        Show-Task
        $log = Join-Path $Folder 'agent.log'
        if (Test-Path $log) { Get-Content $log -Tail 10 }
    }
    'update' {
        Read-Settings | Out-Null
        Stop-Agent  # frames that were not acknowledged stay in the spool, and their shard goes on
        Install-Package
        Save-Launcher
        Start-Agent
        Write-Host 'Updated and started again.'
    }
    'uninstall' {
        Stop-Agent
        $spool = Join-Path $Folder 'spool'
        if ((Test-Path $spool) -and (Get-ChildItem $spool)) {
            Stop-With "frames that nobody has acknowledged are in $spool; start the agent once more, or delete that folder and run this again"
        }
        $found = Get-ScheduledTask -TaskName $Task -ErrorAction SilentlyContinue
        if ($found) { Unregister-ScheduledTask -TaskName $Task -Confirm:$false }
        if (Test-Path $Folder) { Remove-Item $Folder -Recurse -Force }
        Write-Host 'Removed.'
    }
}
