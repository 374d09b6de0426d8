"""What every part of the project stands on and no part of the paper: machine, files, log, records of origin, server."""
