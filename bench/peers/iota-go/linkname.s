// Without a body, a function linked to by name needs an assembler file in its package.
