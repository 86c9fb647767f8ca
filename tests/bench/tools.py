"""Processes: pinned, started, paused, timed; small C programs built; the machine described."""
import json, os, pathlib, platform, select, shutil, signal, subprocess as sp, time

HERE = pathlib.Path(__file__).resolve().parent
CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else list(range(os.cpu_count() or 1))
OURS = 'lstmfc'


def pin(n):
    """for preexec_fn: the first n processors this program may use"""
    return lambda: os.sched_setaffinity(0, CPUS[:n]) if hasattr(os, 'sched_setaffinity') else None


def environment(threads, **more):
    drop = {'OPENBLAS_CORETYPE', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'LSTMFC_ISA', 'LSTMFC_THREADS', 'XLA_FLAGS', 'KERAS_BACKEND', 'OMP_WAIT_POLICY'}
    env = {k: v for k, v in os.environ.items() if k not in drop}
    env.update(OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS='1', TF_CPP_MIN_LOG_LEVEL='3', CUDA_VISIBLE_DEVICES='', JAX_PLATFORMS='cpu', PYTHONDONTWRITEBYTECODE='1')
    env.update({k: str(v) for k, v in more.items()})
    return env


def build(out, source, *flags, libs=()):
    """compiles a C program; None, and why, where it cannot be"""
    p = sp.run([os.environ.get('CC', 'gcc'), *flags, str(source), '-o', str(out), *map(str, libs)], stdout=sp.PIPE, stderr=sp.STDOUT, text=True)
    return (str(out), '') if p.returncode == 0 else (None, (p.stdout.strip().splitlines() or ['the compiler failed'])[0][-160:])


def build_kann(out, folder):
    """the peer of KANN's sources in a folder, on OpenBLAS where that is found; None, and why, where it cannot be"""
    folder, source = pathlib.Path(folder), HERE / 'peers/kann_peer.c'
    flags = ['-O3', '-march=native', '-std=gnu11', '-DHAVE_PTHREAD', f'-I{folder}']
    libs = [folder / 'kann.c', folder / 'kautodiff.c', '-lm', '-lpthread']
    for blas, more in ((['-DHAVE_CBLAS'], ['-lopenblas']), ([], [])):
        program, why = build(out, source, *flags, *blas, libs=libs + more)
        if program: return program, ''
    return None, f'not built: {why}'


def peaks(tmp, seconds):
    """{'avx512': {...}, 'avx2': {...}} or {'vec128': {...}} on one core, and on all at once under 'cores'"""
    flags = dict(avx512=['-mavx512f'], avx2=['-mavx2', '-mfma']) if platform.machine() in ('x86_64', 'AMD64') else dict(vec128=[])
    out = {}
    for name, f in flags.items():
        program, _ = build(tmp / f'peak_{name}', HERE / 'peak.c', '-O2', *f, libs=['-lm'])
        if not program: continue
        p = sp.run([program, str(seconds)], stdout=sp.PIPE, text=True, preexec_fn=pin(1))
        if p.returncode != 0: continue  # the machine lacks these instructions
        out[name] = json.loads(p.stdout)
        at_once = [sp.Popen([program, str(seconds)], stdout=sp.PIPE, text=True, preexec_fn=lambda c=c: os.sched_setaffinity(0, [c]) if hasattr(os, 'sched_setaffinity') else None) for c in CPUS]
        out[name]['cores'] = [json.loads(q.communicate()[0]) for q in at_once]
    return out


def higher(a, b):
    """the better of two measurements of peaks(), figure by figure: a virtual machine changes its speed"""
    return {k: {f: max(a[k][f], b[k][f]) if isinstance(a[k][f], float) and f != 'tanh_error' else a[k][f] for f in a[k]} for k in a if k in b}


def cpu_facts():
    facts = dict(cpu=platform.processor() or platform.machine(), processors=len(CPUS), system=platform.system() + ' ' + platform.release())
    if pathlib.Path('/proc/cpuinfo').exists():
        info = dict(l.split(':', 1) for l in pathlib.Path('/proc/cpuinfo').read_text().split('\n\n')[0].splitlines() if ':' in l)
        info = {k.strip(): v.strip() for k, v in info.items()}
        facts['cpu'] = info.get('model name', facts['cpu'])
        facts['instructions'] = ' '.join(f for f in ('avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'asimd') if f in (info.get('flags') or info.get('Features', '')).split())
        facts['model'] = f"family {info.get('cpu family', '?')} model {info.get('model', '?')}"
    caches = pathlib.Path('/sys/devices/system/cpu/cpu0/cache')
    if caches.exists():
        read = lambda d, f: (d / f).read_text().strip()
        facts['caches'] = ', '.join(f"L{read(d, 'level')} {read(d, 'size')}" for d in sorted(caches.glob('index*')) if read(d, 'type') != 'Instruction')
    if hasattr(os, 'sysconf') and 'SC_PHYS_PAGES' in os.sysconf_names: facts['memory'] = f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2 ** 30:.0f} GiB"
    try: facts['os'] = platform.freedesktop_os_release().get('PRETTY_NAME', '')
    except (OSError, AttributeError): pass
    facts['compiler'] = sp.run([os.environ.get('CC', 'gcc'), '--version'], stdout=sp.PIPE, text=True).stdout.splitlines()[0]
    return facts


class Refusal(Exception):
    pass


class Peer:
    """A peer process. While others are measured it is stopped, so that none of its threads can spin."""
    def __init__(self, key, command, threads, log, **env):
        self.key, self.log = key, log
        self.p = sp.Popen([*command, str(threads)], stdin=sp.PIPE, stdout=sp.PIPE, stderr=open(log, 'ab'), env=environment(threads, **env), preexec_fn=pin(threads))
        self.buffer = b''
        self.name, _, self.version = self.answer(120).partition('ready ')[2].partition(' ')
        self.pause()

    def pause(self): os.kill(self.p.pid, signal.SIGSTOP)

    def answer(self, seconds):
        end = time.monotonic() + seconds
        while True:
            line, found, rest = self.buffer.partition(b'\n')
            if found:
                self.buffer = rest
                if line.startswith(b'@'): return line[1:].decode(errors='replace').strip()
                continue
            if not select.select([self.p.stdout], [], [], max(0, end - time.monotonic()))[0]: self.end(); raise Refusal(f'no answer in {seconds} s')
            more = os.read(self.p.stdout.fileno(), 65536)
            if not more: raise Refusal('it ended: ' + (self.log.read_text(errors='replace').strip().splitlines() or ['no message'])[-1][-160:])
            self.buffer += more

    def ask(self, line, seconds=240):
        os.kill(self.p.pid, signal.SIGCONT)
        try:
            self.p.stdin.write((line + '\n').encode()); self.p.stdin.flush()
            a = self.answer(seconds)
        except BrokenPipeError:
            raise Refusal('it has ended')
        self.pause()
        if a.startswith('no'): raise Refusal(a[3:])
        return a

    def end(self):
        if self.p.poll() is None: self.p.kill()
        self.p.wait()


class Spent:
    """runs commands through spent.c: seconds, CPU seconds, peak MB"""
    def __init__(self, tmp):
        self.program, why = build(tmp / 'spent', HERE / 'spent.c', '-O2', '-std=c11')
        if not self.program: raise SystemExit(f'spent.c: {why}')

    def run(self, command, threads, **env):
        r, w = os.pipe()
        def child():
            pin(threads)()
            os.dup2(w, 3)
        p = sp.Popen([self.program, *map(str, command)], stdout=sp.PIPE, stderr=sp.PIPE, stdin=sp.DEVNULL, env=environment(threads, **env), preexec_fn=child, close_fds=False)
        os.close(w)
        out, err = p.communicate()
        with os.fdopen(r) as f: line = f.read().split()
        if len(line) != 4 or line[3] != '0': raise Refusal(f"exit {line[3] if len(line) == 4 else '?'}: {err.decode(errors='replace').strip()[-200:]}")
        return dict(seconds=float(line[0]), cpu=float(line[1]), mb=int(line[2]) / 1024, out=out.decode(errors='replace').strip())


def stripped_size(binary, tmp):
    copy = tmp / 'stripped'
    shutil.copy(binary, copy)
    ok = shutil.which('strip') and sp.run(['strip', str(copy)]).returncode == 0
    return os.path.getsize(copy), bool(ok)
