// Loaded into a process (node --import): tells at its end how much memory it had at most.
process.on('exit', () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}\n`));
