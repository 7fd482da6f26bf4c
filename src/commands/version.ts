/** The program's version, as `--version` and reports of other formats tell it: that of package.json. */
export const VERSION = '0.1.0';
