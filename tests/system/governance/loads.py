"""A thousand requests in a row: what a node holds in memory and how many files it has open stay the same."""
import pathlib
import time

import mesh as meshes

from governance import world

STEPS, EACH = 10, 100
WARM = 4  # steps in which memory pools may still fill
GROWTH_KB = 100  # of a step that counts as growing; a leak of 1 kB a request is that
MAX_GROWING = 2  # of the steps after; allocators take a new pool now and then
MAX_MORE_FILES = 4


class Loads(world.Case):
    @classmethod
    def options(cls):
        return {"min_persons": 1}

    def many(self, count):
        """That many requests by one process over one connection."""
        program = self.programs.find("forge_request")
        start = time.monotonic()
        query = "SELECT COUNT(*) FROM mensen s JOIN lonen d USING (id)"
        done = meshes.run([program, str(self.mesh.profile), query, f"many:{count}"], timeout=600)
        self.assertIn(f"{count} done", done.stdout)
        return time.monotonic() - start

    def figures(self):
        """node -> (resident memory in kB, open files, threads)."""
        time.sleep(0.5)  # threads of the last job end
        return {name: (meshes.status_kb(node.process.pid, "VmRSS"),
                       len(list(pathlib.Path(f"/proc/{node.process.pid}/fd").iterdir())),
                       meshes.status_kb(node.process.pid, "Threads"))
                for name, node in self.nodes.items()}

    def test_thousand_requests_leave_memory_and_files_flat(self):
        seconds, seen = 0.0, []
        for _ in range(STEPS):
            seconds += self.many(EACH)
            seen.append(self.figures())
        print(f"{STEPS * EACH} requests in {seconds:.0f} s, {STEPS * EACH / seconds:.0f} a second")
        for name in "abc":
            memory, files, threads = zip(*(step[name] for step in seen))
            print(f"{name}: memory in kB {memory}, files {files[0]} to {files[-1]}, threads {threads[0]} to {threads[-1]}",
                  flush=True)
            growing = [late - early for early, late in zip(memory[WARM:], memory[WARM + 1:]) if late - early > GROWTH_KB]
            self.assertLessEqual(len(growing), MAX_GROWING, f"{name} grows: {memory}")
            self.assertLessEqual(max(files) - files[0], MAX_MORE_FILES, f"{name}: {files}")
            self.assertLessEqual(max(threads) - threads[0], MAX_MORE_FILES, f"{name}: {threads}")
            self.assertEqual(len(self.nodes[name].jobs_done(self.since[name])), STEPS * EACH)
            self.assertEqual(self.nodes[name].rows("SELECT count(*), count(DISTINCT id) FROM ledger"), [(STEPS * EACH,) * 2])
        self.serves()
