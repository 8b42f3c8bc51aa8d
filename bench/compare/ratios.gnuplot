# gnuplot -c ratios.gnuplot DATA COUNT TITLE SUBTITLE SVG: COUNT curves of ratios over sizes in bytes,
# each with its 95 % interval. plot.py writes DATA, one block a curve, its name in the first line.
data = ARG1
set terminal svg size 900,540 font "sans-serif,14" background rgb "white"
set output ARG5
set title ARG3."\n{/*0.75 ".ARG4."}" enhanced
set key outside right top noenhanced
set grid ytics lc rgb "#dddddd"
set logscale x 2
set logscale y
set xtics ("16 B" 16, "64 B" 64, "256 B" 256, "1 KiB" 1024, "4 KiB" 4096, "64 KiB" 65536, \
    "1 MiB" 1048576)
set xlabel "message size"
set ylabel "ratio of messages/s, same round"
set xrange [11:1500000]
plot for [i = 0:ARG2 - 1] data index i using 1:2:3:4 with yerrorlines linewidth 2 pointtype 7 \
    pointsize 0.6 title columnheader(1), 1 with lines dashtype 2 lc rgb "#888888" notitle
